package io.modelweave.benchmarks;

import io.modelweave.cka.Bandwidth;
import io.modelweave.cka.Cka;
import io.modelweave.cka.CkaMatrix;
import io.modelweave.core.Activations;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.nd4j.linalg.api.ndarray.INDArray;
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
 * What does a map of 13 x 13 layers of two models cost?
 *
 * <p>Data: 26 arrays {@code [n, 768]} of standard normal FLOAT values, the shape of GPT-2 small. Every score carries its estimates, floor and
 * standard error. The peers are in {@code benchmarks/peers/cka.py}.
 *
 * <pre>{@code
 * OMP_NUM_THREADS=1 benchmarks/run CkaMapBenchmark
 * }</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = {"-Xmx1g", "-Dorg.bytedeco.javacpp.maxbytes=4G", "-Dorg.bytedeco.javacpp.maxphysicalbytes=0"})
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class CkaMapBenchmark {

  private static final int LAYERS = 13;
  private static final int WIDTH = 768;

  /** Number of samples {@code n}. */
  @Param({"256", "1024"})
  public int samples;

  private Activations a;
  private Activations b;

  /** Draws the features. */
  @Setup
  public void draw() {
    a = model(0);
    b = model(LAYERS);
  }

  private Activations model(int firstSeed) {
    Map<String, INDArray> layers = new LinkedHashMap<>();
    for (int i = 0; i < LAYERS; i++) {
      layers.put("layer." + i, Features.normal(samples, WIDTH, firstSeed + i));
    }
    return Activations.of(layers);
  }

  /** All pairs of layers of two models. */
  @Benchmark
  public CkaMatrix linear() {
    return Cka.linear().heatMap(a, b);
  }

  /** All pairs of layers of one model. */
  @Benchmark
  public CkaMatrix linearWithinOneModel() {
    return Cka.linear().heatMap(a);
  }

  /** All pairs of layers of two models, by a kernel that has no features of finite width. */
  @Benchmark
  public CkaMatrix rbf() {
    return Cka.rbf(Bandwidth.fixed(40)).heatMap(a, b);
  }

  /** Gives the memory back. */
  @TearDown
  public void close() {
    a.layers().forEach(layer -> a.get(layer).close());
    b.layers().forEach(layer -> b.get(layer).close());
  }
}
