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
 * What does one comparison of two layers cost, and how does it grow with the number of samples?
 *
 * <p>Data: two arrays {@code [n, 256]} of standard normal FLOAT values. The time includes the checks, the DOUBLE copies, the debiased
 * and the biased value, the floor and the standard error.
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

  private static final int WIDTH = 256;

  /** Number of samples {@code n}. */
  @Param({"512", "2048"})
  public int samples;

  private INDArray x;
  private INDArray y;

  /** Draws the features. */
  @Setup
  public void draw() {
    x = Features.normal(samples, WIDTH, 1);
    y = Features.normal(samples, WIDTH, 2);
  }

  /** One score. */
  @Benchmark
  public Score compare() {
    return Cka.linear().compare(x, y);
  }

  /** Gives the memory back. */
  @TearDown
  public void close() {
    x.close();
    y.close();
  }
}
