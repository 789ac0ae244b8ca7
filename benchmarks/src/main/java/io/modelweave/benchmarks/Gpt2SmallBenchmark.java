package io.modelweave.benchmarks;

import io.modelweave.core.BatchWorkers;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.training.ParameterFilter;
import io.modelweave.core.training.Training;
import io.modelweave.core.training.TrainingStep;
import io.modelweave.core.transformer.Gelu;
import io.modelweave.core.transformer.Gpt2Configuration;
import io.modelweave.core.transformer.TransformerGraph;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
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
 * What do activations and a training step of a model of GPT-2 small's size cost, on one core and on two?
 *
 * <p>Model: 12 layers, width 768, 12 heads, vocabulary 50,257, random weights. {@code hiddenStates}: the states after the last norm of
 * 4 x 256 random tokens. {@code trainingStep}: forward, backward, clipping and AdamW on 2 x 256 tokens, the MLPs trained, the rest frozen.
 * With two threads the rows of a batch are worked on as two batches side by side ({@link BatchWorkers}).
 *
 * <p>Floor: the hidden states need 2 x 85 million x 1024 = 174 Gflop in matrix products and 10 in attention; the step 87 + 10 forward,
 * as much again for the gradients of what is passed back, 58 for those of the MLPs, and 79 in the head: some 340 Gflop, by the
 * rate of matrix products. The peer is {@code benchmarks/peers/gpt2_small.py}.
 *
 * <pre>{@code
 * benchmarks/run Gpt2SmallBenchmark
 * }</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = {"-Xmx2g", "-Dorg.bytedeco.javacpp.maxbytes=12G", "-Dorg.bytedeco.javacpp.maxphysicalbytes=0"})
@Warmup(iterations = 2)
@Measurement(iterations = 4)
public class Gpt2SmallBenchmark {

  private static final int VOCABULARY = 50_257;
  private static final int LENGTH = 256;

  /** Batches side by side. */
  @Param({"1", "2"})
  public int threads = 1;

  private LanguageModel model;
  private List<TokenBatch> batches;
  private SteppedTraining training;

  /** Draws model and tokens. */
  @Setup(Level.Trial)
  public void draw() {
    model = LanguageModel.random(new Gpt2Configuration(VOCABULARY, 1024, 768, 12, 12, 3072, Gelu.TANH, 1e-5, true), 1);
    batches = batches(4, LENGTH);
    training = new SteppedTraining(Training.of(model).parameters(ParameterFilter.mlps()).accumulation(threads)
        .workers(new BatchWorkers(threads)), batches(2, LENGTH + 1));
  }

  private List<TokenBatch> batches(int rows, int length) {
    SplittableRandom random = new SplittableRandom(1);
    return IntStream.range(0, threads).mapToObj(batch -> {
      int[][] ids = new int[rows / threads][];
      Arrays.setAll(ids, row -> random.ints(length, 0, VOCABULARY).toArray());
      return new TokenBatch(ids);
    }).toList();
  }

  /** {@code [4, 256, 768]}. */
  @Benchmark
  public void hiddenStates() {
    new BatchWorkers(threads).forEach(batches, batch -> model.outputs(batch, List.of(TransformerGraph.HIDDEN)),
        outputs -> outputs.values().forEach(INDArray::close));
  }

  /** One update. */
  @Benchmark
  public TrainingStep trainingStep() throws InterruptedException {
    return training.step();
  }

  /** Ends the training run. */
  @TearDown(Level.Trial)
  public void close() throws InterruptedException {
    training.close();
  }
}
