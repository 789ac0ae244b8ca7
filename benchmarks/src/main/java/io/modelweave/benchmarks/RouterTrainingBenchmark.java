package io.modelweave.benchmarks;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.transformer.Gpt2Configuration;
import io.modelweave.moe.CrossLayerRouter;
import io.modelweave.moe.LayerWindow;
import io.modelweave.moe.RoutedModel;
import io.modelweave.moe.RouterInitialization;
import io.modelweave.moe.RouterTraining;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does one step of router training cost, with frozen experts, and how does it compare with PyTorch?
 *
 * <p>Two GPT-2 of vocabulary 102, context 48, width 128, 6 layers and 4 heads; window 2, hence four experts a block, all of them kept or
 * two. A step is forward, backward, clipping and AdamW on a batch {@code [16, 49]} of random ids; its time is a twentieth of a run of 20
 * steps, the building of the graph included. The peer is {@code benchmarks/peers/router_training.py}.
 *
 * <pre>{@code
 * OMP_NUM_THREADS=1 benchmarks/run RouterTrainingBenchmark
 * python benchmarks/peers/router_training.py
 * }</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = {"-Xmx1g", "-Dorg.bytedeco.javacpp.maxbytes=4G", "-Dorg.bytedeco.javacpp.maxphysicalbytes=0"})
@Warmup(iterations = 3, time = 5)
@Measurement(iterations = 5, time = 5)
public class RouterTrainingBenchmark {

  private static final int STEPS = 20;
  private static final int VOCABULARY = 102;
  private static final int CONTEXT = 48;
  private static final int BATCH = 16;

  /** Experts kept of four. */
  @Param({"4", "2"})
  public int topK;

  private List<TokenBatch> batches;
  private LanguageModel first;
  private LanguageModel second;
  private RoutedModel routed;

  /** Draws the batches and the models. */
  @Setup
  public void draw() {
    SplittableRandom random = new SplittableRandom(1);
    batches = IntStream.range(0, STEPS).mapToObj(i -> batch(random)).toList();
    first = LanguageModel.random(Gpt2Configuration.of(VOCABULARY, CONTEXT, 128, 6, 4), 1);
    second = LanguageModel.random(Gpt2Configuration.of(VOCABULARY, CONTEXT, 128, 6, 4), 2);
  }

  private static TokenBatch batch(SplittableRandom random) {
    int[][] rows = new int[BATCH][];
    Arrays.setAll(rows, row -> random.ints(CONTEXT + 1, 0, VOCABULARY).toArray());
    return new TokenBatch(rows);
  }

  /** Starts from untrained routers. */
  @Setup(Level.Iteration)
  public void start() {
    routed = CrossLayerRouter.over(first, second).window(LayerWindow.upThenDown(2)).topK(topK).initialization(RouterInitialization.PAPER)
        .build();
  }

  /** Twenty steps, counted as twenty operations. */
  @Benchmark
  @OperationsPerInvocation(STEPS)
  public List<Double> step() {
    return RouterTraining.of(routed).steps(STEPS).run(batches);
  }
}
