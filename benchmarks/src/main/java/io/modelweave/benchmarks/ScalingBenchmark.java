package io.modelweave.benchmarks;

import io.modelweave.cka.Bandwidth;
import io.modelweave.cka.Cka;
import io.modelweave.cka.CkaMatrix;
import io.modelweave.cka.Score;
import io.modelweave.core.Activations;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.transformer.Gpt2Configuration;
import io.modelweave.core.transformer.Mlp;
import io.modelweave.moe.sparse.SparseMixture;
import java.util.LinkedHashMap;
import java.util.Map;
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
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Does cost grow as the cost models say: CKA over samples and features, a map over layers, routing over experts?
 *
 * <p>Data: standard normal FLOAT values. {@code pair}: two layers {@code [n, p]}. {@code map}: {@code layers x layers} of
 * {@code [256, 768]}.
 * {@code routed}: 1024 tokens of width 512 through {@code kept} of {@code experts} GPT-2 MLPs of 2048 hidden units.
 *
 * <p>Floor, in flop by the rate of matrix products: a pair {@code n (2p)²} in feature space or {@code 2 n² p} by Gram matrices, a kernel
 * always the latter; a map {@code 2 n² p L + n² L²}, or, where that is less, {@code 2 n p² L² + 2 n p² L}; routing
 * {@code 2 d E + 4 k d f} a token. {@code benchmarks/run scaling} draws the times beside these.
 *
 * <pre>{@code
 * benchmarks/run scaling
 * benchmarks/run jmh ScalingBenchmark.pair -p n=512,1024 -p p=256 -p kernel=rbf
 * }</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = {"-Xmx1g", "-Dorg.bytedeco.javacpp.maxbytes=6G", "-Dorg.bytedeco.javacpp.maxphysicalbytes=0"})
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
public class ScalingBenchmark {

  /** Samples of a layer of a map. */
  public static final int MAP_SAMPLES = 256;
  /** Width of a layer of a map. */
  public static final int MAP_WIDTH = 768;
  /** Tokens that are routed. */
  public static final int TOKENS = 1024;
  /** Width of a token. */
  public static final int WIDTH = 512;

  /** Two layers. */
  @State(Scope.Benchmark)
  public static class Pair {

    /** {@code linear} or {@code rbf}. */
    @Param("linear")
    public String kernel = "linear";

    /** Samples. */
    @Param("1024")
    public int n;

    /** Features of either layer. */
    @Param("256")
    public int p;

    private INDArray x;
    private INDArray y;
    private Cka cka = Cka.linear();

    /** Draws the features. */
    @Setup
    public void draw() {
      x = Features.normal(n, p, 1);
      y = Features.normal(n, p, 2);
      cka = kernel.equals("linear") ? Cka.linear() : Cka.rbf(Bandwidth.fixed(Math.sqrt(2.0 * p)));
    }
  }

  /** The layers of two models. */
  @State(Scope.Benchmark)
  public static class Layers {

    /** Layers of either model. */
    @Param("8")
    public int layers;

    private Activations a;
    private Activations b;

    /** Draws the features. */
    @Setup
    public void draw() {
      a = model(0);
      b = model(layers);
    }

    private Activations model(int firstSeed) {
      Map<String, INDArray> byLayer = new LinkedHashMap<>();
      for (int i = 0; i < layers; i++) {
        byLayer.put("layer." + i, Features.normal(MAP_SAMPLES, MAP_WIDTH, firstSeed + i));
      }
      return Activations.of(byLayer);
    }
  }

  /** Tokens, a router and its experts. */
  @State(Scope.Benchmark)
  public static class Mixture {

    /** Experts {@code E}. */
    @Param("8")
    public int experts;

    /** Experts of one token, {@code k}. */
    @Param("2")
    public int kept;

    private INDArray tokens;
    private INDArray router;
    private INDArray output;
    private SparseMixture mixture;

    /** Draws tokens, router and experts. */
    @Setup
    public void draw() {
      LanguageModel model = LanguageModel.random(Gpt2Configuration.of(64, 16, WIDTH, experts, 8), 1);
      mixture = SparseMixture.of("routed", IntStream.range(0, experts).mapToObj(layer -> (Mlp) model.feedForward(layer)).toList(), kept);
      tokens = Features.normal(TOKENS, WIDTH, 1);
      router = Features.normal(WIDTH, experts, 2).muli(1 / Math.sqrt(WIDTH));
      output = Nd4j.create(DataType.FLOAT, TOKENS, WIDTH);
    }
  }

  /** One score. */
  @Benchmark
  public Score pair(Pair pair) {
    return pair.cka.compare(pair.x, pair.y);
  }

  /** All pairs of layers. */
  @Benchmark
  public CkaMatrix map(Layers layers) {
    return Cka.linear().heatMap(layers.a, layers.b);
  }

  /** Logits, softmax, choice and the experts. */
  @Benchmark
  public INDArray routed(Mixture mixture) {
    try (INDArray logits = mixture.tokens.mmul(mixture.router); INDArray gates = Nd4j.nn().softmax(logits, 1);
        INDArray input = Nd4j.concat(1, mixture.tokens, gates)) {
      mixture.mixture.forward(input, mixture.output);
    }
    return mixture.output;
  }
}
