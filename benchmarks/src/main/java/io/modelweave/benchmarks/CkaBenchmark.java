package io.modelweave.benchmarks;

import io.modelweave.cka.Cka;
import io.modelweave.cka.Score;
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
 * What does one comparison of two layers cost, beside the matrix products that it cannot do without?
 *
 * <p>Data: two arrays {@code [n, d]} of standard normal FLOAT values. The time of {@code compare} includes the checks, the centred copies,
 * all three estimates, the floor and the standard error; {@code products} is {@code XᵀX}, {@code YᵀY} and {@code XᵀY} by ND4J. The peer is
 * {@code benchmarks/peers/cka.py}.
 *
 * <pre>{@code
 * OMP_NUM_THREADS=1 benchmarks/run CkaBenchmark
 * }</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = {"-Xmx1g", "-Dorg.bytedeco.javacpp.maxbytes=4G", "-Dorg.bytedeco.javacpp.maxphysicalbytes=0"})
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class CkaBenchmark {

  /** Number of samples {@code n} by width {@code d}. */
  @Param({"512x256", "2048x256", "4096x768"})
  public String shape;

  private INDArray x;
  private INDArray y;

  /** Draws the features. */
  @Setup
  public void draw() {
    String[] sizes = shape.split("x");
    x = Features.normal(Integer.parseInt(sizes[0]), Integer.parseInt(sizes[1]), 1);
    y = Features.normal(Integer.parseInt(sizes[0]), Integer.parseInt(sizes[1]), 2);
  }

  /** One score. */
  @Benchmark
  public Score compare() {
    return Cka.linear().compare(x, y);
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
  }
}
