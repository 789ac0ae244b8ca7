package io.modelweave.benchmarks;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.training.ParameterFilter;
import io.modelweave.core.training.Training;
import io.modelweave.core.training.TrainingStep;
import io.modelweave.core.transformer.Gpt2Configuration;
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
 * What does one training step of a small GPT-2 cost, all parameters or the MLPs alone, and how does it compare with PyTorch?
 *
 * <p>A step is forward, backward, clipping at norm 1 and AdamW on a batch {@code [16, 49]}, hence 768 positions. Model: vocabulary 102,
 * context 48, width 48, 6 layers, 4 heads, exact GELU, untrained. Data: 20 batches of uniformly random ids. The graph is built and recorded
 * before the first step, once a run, and is left out. The peer is {@code benchmarks/peers/training_step.py}.
 *
 * <p>Floor: 6 x 171 thousand x 768 flop in the matrix products and 64 million in attention; with frozen attention the gradients of a third
 * of the weights drop out. Operations are so short that their number, not the flops, sets the time.
 *
 * <pre>{@code
 * benchmarks/run TrainingStepBenchmark
 * }</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = {"-Xmx1g", "-Dorg.bytedeco.javacpp.maxbytes=4G", "-Dorg.bytedeco.javacpp.maxphysicalbytes=0"})
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 2)
public class TrainingStepBenchmark {

  private static final int BATCHES = 20;
  private static final int VOCABULARY = 102;
  private static final int CONTEXT = 48;
  private static final int BATCH = 16;

  /** What is trained. */
  public enum Trained {
    /** Every parameter. */
    ALL(ParameterFilter.all()),
    /** The MLPs; the rest is frozen. */
    MLPS(ParameterFilter.mlps());

    private final ParameterFilter filter;

    Trained(ParameterFilter filter) {
      this.filter = filter;
    }
  }

  /** What is trained. */
  @Param
  public Trained trained = Trained.ALL;

  private SteppedTraining training;

  /** Draws batches and model and takes the first step. */
  @Setup
  public void start() throws InterruptedException {
    SplittableRandom random = new SplittableRandom(1);
    List<TokenBatch> batches = IntStream.range(0, BATCHES).mapToObj(i -> batch(random)).toList();
    LanguageModel model = LanguageModel.random(Gpt2Configuration.of(VOCABULARY, CONTEXT, 48, 6, 4), 1);
    training = new SteppedTraining(Training.of(model).parameters(trained.filter), batches);
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
