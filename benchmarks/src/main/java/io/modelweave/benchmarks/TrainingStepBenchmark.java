package io.modelweave.benchmarks;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.training.ParameterFilter;
import io.modelweave.core.training.Training;
import io.modelweave.core.transformer.Gpt2Configuration;
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
 * What does one training step of a small GPT-2 cost, all parameters or the MLPs alone, and how does it compare with PyTorch?
 *
 * <p>A step is forward, backward, clipping at norm 1 and AdamW on a batch {@code [16, 49]}, hence 768 positions. Model: vocabulary 102,
 * context 48, width 48, 6 layers, 4 heads, untrained at the start of every iteration. Data: 20 batches of uniformly random ids. The time of
 * a step is a twentieth of a {@link Training} run of 20 steps, the building of its graph included. The peer is
 * {@code benchmarks/peers/training_step.py}.
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
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 4, time = 2)
public class TrainingStepBenchmark {

  private static final int STEPS = 20;
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

  private List<TokenBatch> batches;
  private LanguageModel model;

  /** Draws the batches. */
  @Setup
  public void draw() {
    SplittableRandom random = new SplittableRandom(1);
    batches = IntStream.range(0, STEPS).mapToObj(i -> batch(random)).toList();
  }

  private static TokenBatch batch(SplittableRandom random) {
    int[][] rows = new int[BATCH][];
    Arrays.setAll(rows, row -> random.ints(CONTEXT + 1, 0, VOCABULARY).toArray());
    return new TokenBatch(rows);
  }

  /** Starts from an untrained model. */
  @Setup(Level.Iteration)
  public void start() {
    model = LanguageModel.random(Gpt2Configuration.of(VOCABULARY, CONTEXT, 48, 6, 4), 1);
  }

  /** Twenty steps, counted as twenty operations. */
  @Benchmark
  @OperationsPerInvocation(STEPS)
  public List<Double> step() {
    return Training.of(model).parameters(trained.filter).steps(STEPS).run(batches);
  }
}
