package io.modelweave.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
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
 * What can this machine do at best? The rates that the floors of all other benchmarks are reckoned with.
 *
 * <p>{@code gemm}: a FLOAT product {@code [1024, 1024] x [1024, 1024]} in OpenBLAS, {@value #GEMM_FLOPS} flop. {@code memory}: an array of
 * 64 MiB copied to another, 128 MiB read and written. {@code fresh}: 64 MiB asked of the system, written once and given back; on a virtual
 * machine the first touch of a page can cost far more than the write. {@code hash}: SHA-256 of 16 MiB. {@code file}: a file of 256 MiB from the system's
 * cache copied to a new one and forced to the disk. One thread each; {@code -t 2} gives the product on two.
 *
 * <pre>{@code
 * benchmarks/run jmh CalibrationBenchmark
 * }</pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = {"-Xmx1g", "-Dorg.bytedeco.javacpp.maxbytes=4G", "-Dorg.bytedeco.javacpp.maxphysicalbytes=0"})
@Warmup(iterations = 1, time = 1)
@Measurement(iterations = 5, time = 1)
public class CalibrationBenchmark {

  /** Multiplications and additions of one product. */
  public static final long GEMM_FLOPS = 2L << 30;
  /** Bytes that one copy in memory reads and writes. */
  public static final long MEMORY_BYTES = 128L << 20;
  /** Bytes that are asked of the system and written. */
  public static final long FRESH_BYTES = 64L << 20;
  /** Bytes of one hash. */
  public static final long HASHED_BYTES = 16L << 20;
  /** Bytes of one copied file. */
  public static final long FILE_BYTES = 256L << 20;

  private static final int SIDE = 1024;

  /** Operands and result of a product. */
  @State(Scope.Thread)
  public static class Matrices {
    private final INDArray a = Features.normal(SIDE, SIDE, 1);
    private final INDArray b = Features.normal(SIDE, SIDE, 2);
    private final INDArray product = Nd4j.create(DataType.FLOAT, new long[] {SIDE, SIDE}, 'f');
  }

  /** Two arrays beyond any cache. */
  @State(Scope.Thread)
  public static class Memory {
    private final float[] from = new float[(int) (MEMORY_BYTES / 2 / Float.BYTES)];
    private final float[] to = new float[(int) (MEMORY_BYTES / 2 / Float.BYTES)];
  }

  /** A file and a place for its copy. */
  @State(Scope.Thread)
  public static class Disk {
    private Path from;
    private Path to;

    /** Writes the file. */
    @Setup
    public void write() throws IOException {
      from = Files.createTempFile("calibration", ".bin");
      to = Files.createTempFile("calibration", ".bin");
      byte[] random = new byte[(int) FILE_BYTES];
      new Random(1).nextBytes(random);
      Files.write(from, random);
    }

    /** Deletes both. */
    @TearDown
    public void delete() throws IOException {
      Files.delete(from);
      Files.delete(to);
    }
  }

  /** A matrix product. */
  @Benchmark
  public INDArray gemm(Matrices matrices) {
    return Nd4j.gemm(matrices.a, matrices.b, matrices.product, false, false, 1, 0);
  }

  /** A copy in memory. */
  @Benchmark
  public float[] memory(Memory memory) {
    System.arraycopy(memory.from, 0, memory.to, 0, memory.from.length);
    return memory.to;
  }

  /** A new stretch of memory. */
  @Benchmark
  public void fresh() {
    try (BytePointer memory = new BytePointer(FRESH_BYTES)) {
      Pointer.memset(memory, 1, FRESH_BYTES);
    }
  }

  /** A hash. */
  @Benchmark
  public byte[] hash(Memory memory) throws NoSuchAlgorithmException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    byte[] piece = new byte[1 << 16];
    for (long done = 0; done < HASHED_BYTES; done += piece.length) {
      digest.update(piece);
    }
    return digest.digest();
  }

  /** A copy of a file. */
  @Benchmark
  public long file(Disk disk) throws IOException {
    Files.delete(disk.to); // to write over a file is another job than to write one
    return FileCopy.copy(disk.from, disk.to);
  }
}
