package io.modelweave.benchmarks;

import io.modelweave.cka.Bandwidth;
import io.modelweave.cka.Cka;
import io.modelweave.cka.CkaMatrix;
import io.modelweave.core.Activations;
import io.modelweave.core.BatchWorkers;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.nd4j.linalg.api.buffer.DataType;
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
 * <p>Data: 26 arrays {@code [samples, 768]} of standard normal values, the shape of GPT-2 small. Every score carries its estimates, floor
 * and standard error. The least there is to do: {@code 26 n² 768} operations for half of each Gram matrix, 1.3 G and 21 G. The peers in
 * {@code benchmarks/peers/cka.py} have a row for each tool.
 *
 * <pre>{@code
 * benchmarks/run CkaMapBenchmark
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

  /** Of the features. */
  @Param("FLOAT")
  public DataType type;

  /** Layers side by side. */
  @Param({"1", "2"})
  public int threads;

  private Activations a;
  private Activations b;
  private BatchWorkers workers;

  /** Draws the features. */
  @Setup
  public void draw() {
    a = model(0);
    b = model(LAYERS);
    workers = new BatchWorkers(threads);
  }

  private Activations model(int firstSeed) {
    Map<String, INDArray> layers = new LinkedHashMap<>();
    for (int i = 0; i < LAYERS; i++) {
      try (INDArray floats = Features.normal(samples, WIDTH, firstSeed + i)) {
        layers.put("layer." + i, floats.castTo(type).dup('c'));
      }
    }
    return Activations.of(layers);
  }

  /** All pairs of layers of two models. */
  @Benchmark
  public CkaMatrix linear() {
    return Cka.linear().workers(workers).heatMap(a, b);
  }

  /** All pairs of layers of one model. */
  @Benchmark
  public CkaMatrix linearWithinOneModel() {
    return Cka.linear().workers(workers).heatMap(a);
  }

  /** All pairs of layers of two models, by a kernel that has no features of finite width. */
  @Benchmark
  public CkaMatrix rbf() {
    return Cka.rbf(Bandwidth.fixed(40)).workers(workers).heatMap(a, b);
  }

  /** Gives the memory back. */
  @TearDown
  public void close() {
    a.close();
    b.close();
  }
}
