package io.modelweave.benchmarks;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.transformer.Gpt2Configuration;
import io.modelweave.core.transformer.Mlp;
import io.modelweave.moe.sparse.SparseMixture;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does routing cost beside the MLPs that it runs, and how does it compare with the paper's loop over experts in PyTorch?
 *
 * <p>{@code routed} sends 1024 tokens of width 768 through two of eight GPT-2 MLPs (3072 hidden units, exact GELU) each; {@code dense}
 * sends all of them through the first two. Both add two outputs a token, so the difference is choosing, gathering and smaller matrix
 * products. The peer is {@code benchmarks/peers/router_block.py}.
 *
 * <p>Floor: 19.3 Gflop in matrix products either way, 155 ms where OpenBLAS does 125 Gflop a second.
 *
 * <pre>{@code
 * benchmarks/run RouterBlockBenchmark
 * }</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = {"-Xmx1g", "-Dorg.bytedeco.javacpp.maxbytes=4G", "-Dorg.bytedeco.javacpp.maxphysicalbytes=0"})
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 7, time = 3)
public class RouterBlockBenchmark {

  private static final int TOKENS = 1024;
  private static final int WIDTH = 768;
  private static final int EXPERTS = 8;
  private static final int KEPT = 2;

  private INDArray tokens;
  private INDArray router;
  private INDArray denseInput;
  private INDArray output;
  private SparseMixture routed;
  private SparseMixture dense;

  /** Draws tokens, router and experts. */
  @Setup
  public void draw() {
    SplittableRandom random = new SplittableRandom(1);
    LanguageModel model = LanguageModel.random(Gpt2Configuration.of(64, 16, WIDTH, EXPERTS, 12), 1);
    List<Mlp> experts = IntStream.range(0, EXPERTS).mapToObj(layer -> (Mlp) model.feedForward(layer)).toList();
    routed = SparseMixture.of("routed", experts, KEPT);
    dense = SparseMixture.of("dense", experts.subList(0, KEPT), KEPT);
    tokens = normal(random, TOKENS, WIDTH);
    router = normal(random, WIDTH, EXPERTS);
    router.muli(1 / Math.sqrt(WIDTH));
    denseInput = Nd4j.hstack(tokens, Nd4j.ones(DataType.FLOAT, TOKENS, KEPT).muli(0.5)).dup('c');
    output = Nd4j.create(DataType.FLOAT, TOKENS, WIDTH);
  }

  private static INDArray normal(SplittableRandom random, int rows, int columns) {
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Nd4j.create(values, new long[] {rows, columns}, 'c');
  }

  /** Logits, softmax, choice, and two of eight MLPs for each token. */
  @Benchmark
  public INDArray routed() {
    try (INDArray logits = tokens.mmul(router); INDArray gates = Nd4j.nn().softmax(logits, 1);
        INDArray input = Nd4j.concat(1, tokens, gates)) {
      routed.forward(input, output);
    }
    return output;
  }

  /** The same two MLPs for every token. */
  @Benchmark
  public INDArray dense() {
    dense.forward(denseInput, output);
    return output;
  }

  /** Frees the arrays. */
  @TearDown
  public void free() {
    List.of(tokens, router, denseInput, output).forEach(INDArray::close);
  }
}
