package io.modelweave.benchmarks;

import io.modelweave.cka.Bandwidth;
import io.modelweave.cka.BatchWeight;
import io.modelweave.cka.Cka;
import io.modelweave.cka.CkaAccumulator;
import io.modelweave.cka.CkaMatrix;
import io.modelweave.cka.Computation;
import io.modelweave.cka.Kernel;
import io.modelweave.cka.Score;
import io.modelweave.core.Activations;
import io.modelweave.core.BatchWorkers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
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
 * What does one comparison of two layers cost by each path, beside the matrix products that it cannot do without?
 *
 * <p>Data: two arrays {@code [samples, width]} of standard normal values. The time of a comparison includes the checks, centring, all
 * three estimates, the floor and the standard error; {@code products} is {@code XᵀX}, {@code YᵀY} and {@code XᵀY} by ND4J, where
 * {@code n(p + q)²} operations would do. A stream comes in batches of 256. RBF kernels have a fixed bandwidth: finding one costs the same
 * by any path. The peer is {@code benchmarks/peers/cka.py}, of which {@code cheapest} is the shortest correct code in PyTorch.
 *
 * <pre>{@code
 * benchmarks/run CkaBenchmark
 * benchmarks/run jmh CkaBenchmark -p type=FLOAT -p samples=512
 * }</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = {"-Xmx1g", "-Dorg.bytedeco.javacpp.maxbytes=4G", "-Dorg.bytedeco.javacpp.maxphysicalbytes=0"})
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class CkaBenchmark {

  private static final int BATCH = 256;
  private static final Kernel RBF = Kernel.rbf(Bandwidth.fixed(40));

  /** Number of samples {@code n}. */
  @Param({"512", "4096"})
  public int samples;

  /** Width {@code p} of both layers. */
  @Param("768")
  public int width;

  /** Of the features. */
  @Param({"FLOAT", "DOUBLE"})
  public DataType type;

  /** Layers, or pairs of them, side by side. */
  @Param({"1", "2"})
  public int threads;

  private INDArray x;
  private INDArray y;
  private Cka linear;
  private List<Activations> batchesOfX;
  private List<Activations> batchesOfY;

  /** Draws the features. */
  @Setup
  public void draw() {
    x = features(1);
    y = features(2);
    linear = Cka.linear().workers(new BatchWorkers(threads));
    batchesOfX = batches(x);
    batchesOfY = batches(y);
  }

  private INDArray features(long seed) {
    try (INDArray floats = Features.normal(samples, width, seed)) {
      return floats.castTo(type).dup('c');
    }
  }

  private List<Activations> batches(INDArray features) {
    List<Activations> batches = new ArrayList<>();
    for (int from = 0; from < samples; from += BATCH) {
      INDArray rows = features.get(NDArrayIndex.interval(from, from + BATCH), NDArrayIndex.all()).dup('c');
      batches.add(Activations.of(Map.of("layer", rows), IntStream.range(from, from + BATCH).mapToObj(Integer::toString).toList()));
    }
    return batches;
  }

  /** The path that the library chooses. */
  @Benchmark
  public Score cheapest() {
    return linear.compare(x, y);
  }

  /** By products of features. */
  @Benchmark
  public Score features() {
    return linear.computation(Computation.FEATURE_SPACE).compare(x, y);
  }

  /** By whole Gram matrices. */
  @Benchmark
  public Score gram() {
    return linear.computation(Computation.GRAM_SPACE).tile(samples).compare(x, y);
  }

  /** By Gram matrices in tiles of 256 x 256. */
  @Benchmark
  public Score tiled() {
    return linear.computation(Computation.GRAM_SPACE).compare(x, y);
  }

  /** In batches, the same value. */
  @Benchmark
  public CkaMatrix streaming() {
    return stream(CkaAccumulator.linear());
  }

  /** An RBF kernel, in tiles of 256 x 256. */
  @Benchmark
  public Score rbfTiled() {
    return Cka.of(RBF).workers(new BatchWorkers(threads)).compare(x, y);
  }

  /** An RBF kernel, in batches whose samples do not meet those of others. */
  @Benchmark
  public CkaMatrix rbfStreaming() {
    return stream(CkaAccumulator.miniBatches(RBF, BatchWeight.PAIRS, batchesOfX.get(0), batchesOfY.get(0)));
  }

  private CkaMatrix stream(CkaAccumulator accumulator) {
    accumulator.workers(new BatchWorkers(threads));
    for (int i = 0; i < batchesOfX.size(); i++) {
      accumulator.add(batchesOfX.get(i), batchesOfY.get(i));
    }
    return accumulator.result();
  }

  /** The products alone. */
  @Benchmark
  public void products() {
    x.transpose().mmul(x).close();
    y.transpose().mmul(y).close();
    x.transpose().mmul(y).close();
  }

  /** Gives the memory back. */
  @TearDown
  public void close() {
    x.close();
    y.close();
    batchesOfX.forEach(Activations::close);
    batchesOfY.forEach(Activations::close);
  }
}
