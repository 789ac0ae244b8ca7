package io.modelweave.benchmarks;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.training.TrainingStep;
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
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does one step of router training cost, with frozen experts, and how does it compare with PyTorch?
 *
 * <p>Two GPT-2 of vocabulary 102, context 48, width 128, 6 layers, 4 heads and exact GELU; window 2, hence four experts a block, all of
 * them kept or two. A step is forward, backward, clipping and AdamW on a batch {@code [16, 49]} of random ids. The graph is built and
 * recorded before the first step, once a run, and is left out: half a second. The peer is {@code benchmarks/peers/router_training.py}.
 *
 * <p>Floor for two kept: in each block attention's products take 0.12 Gflop forward, and two products of 1536 rows of MLPs 0.40; backward
 * through frozen weights as much again, but nothing below the MLP of block 0: some 5.8 Gflop, or 46 ms where OpenBLAS does 125 Gflop
 * a second.
 *
 * <pre>{@code
 * benchmarks/run RouterTrainingBenchmark
 * }</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = {"-Xmx1g", "-Dorg.bytedeco.javacpp.maxbytes=4G", "-Dorg.bytedeco.javacpp.maxphysicalbytes=0"})
@Warmup(iterations = 3, time = 5)
@Measurement(iterations = 5, time = 5)
public class RouterTrainingBenchmark {

  private static final int BATCHES = 20;
  private static final int VOCABULARY = 102;
  private static final int CONTEXT = 48;
  private static final int BATCH = 16;

  /** Experts kept of four. */
  @Param({"4", "2"})
  public int topK;

  private SteppedTraining training;

  /** Draws batches and models and takes the first step. */
  @Setup
  public void start() throws InterruptedException {
    SplittableRandom random = new SplittableRandom(1);
    List<TokenBatch> batches = IntStream.range(0, BATCHES).mapToObj(i -> batch(random)).toList();
    LanguageModel first = LanguageModel.random(Gpt2Configuration.of(VOCABULARY, CONTEXT, 128, 6, 4), 1);
    LanguageModel second = LanguageModel.random(Gpt2Configuration.of(VOCABULARY, CONTEXT, 128, 6, 4), 2);
    RoutedModel routed = CrossLayerRouter.over(first, second).window(LayerWindow.upThenDown(2)).topK(topK)
        .initialization(RouterInitialization.PAPER).build();
    training = new SteppedTraining(RouterTraining.of(routed), batches);
    training.step();
  }

  private static TokenBatch batch(SplittableRandom random) {
    int[][] rows = new int[BATCH][];
    Arrays.setAll(rows, row -> random.ints(CONTEXT + 1, 0, VOCABULARY).toArray());
    return new TokenBatch(rows);
  }

  /** One update. */
  @Benchmark
  public TrainingStep step() throws InterruptedException {
    return training.step();
  }

  /** Ends the training run. */
  @TearDown
  public void close() throws InterruptedException {
    training.close();
  }
}
