package io.modelweave.benchmarks;

import io.modelweave.merge.Merger;
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
 * What does {@link Merger#interpolate(INDArray, INDArray, double)} cost next to {@code a.mul(1 - alpha).add(b.mul(alpha))}?
 *
 * <p>The two do not compute the same: ND4J rounds each product to the arrays' type, the merger rounds once. Data: two arrays of
 * {@code 4096 * 4096} (16 Mi) standard normal values, FLOAT and BF16, {@code alpha} 0.3. Every array is closed as soon as it is read. The
 * peer is {@code benchmarks/peers/interpolation.py}: {@code torch.lerp}.
 *
 * <p>Floor: two arrays read and one written, by the rate of a copy in memory; or the new array, by that of new memory.
 *
 * <pre>{@code
 * benchmarks/run InterpolationBenchmark
 * }</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = {"-Xmx1g", "-Dorg.bytedeco.javacpp.maxbytes=4G", "-Dorg.bytedeco.javacpp.maxphysicalbytes=0"})
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
public class InterpolationBenchmark {

  /** Elements of an array. */
  public static final int ELEMENTS = 4096 * 4096;

  private static final int SIDE = 4096;
  private static final double ALPHA = 0.3;

  /** Who interpolates. */
  public enum How {
    /** The library. */
    MERGER,
    /** The expression in ND4J's operations. */
    PLAIN_ND4J
  }

  /** Who interpolates. */
  @Param
  public How how = How.MERGER;

  /** Type of both arrays and of the result. */
  @Param({"FLOAT", "BFLOAT16"})
  public DataType type = DataType.FLOAT;

  private INDArray a;
  private INDArray b;

  /** Draws the arrays. */
  @Setup
  public void draw() {
    a = typed(1);
    b = typed(2);
  }

  private INDArray typed(long seed) {
    return Features.normal(SIDE, SIDE, seed).castTo(type);
  }

  /** One result. */
  @Benchmark
  public long interpolate() {
    if (how == How.MERGER) {
      try (INDArray result = Merger.interpolate(a, b, ALPHA)) {
        return result.length();
      }
    }
    try (INDArray left = a.mul(1 - ALPHA); INDArray right = b.mul(ALPHA); INDArray result = left.add(right)) {
      return result.length();
    }
  }

  /** Gives the memory back. */
  @TearDown
  public void close() {
    a.close();
    b.close();
  }
}
