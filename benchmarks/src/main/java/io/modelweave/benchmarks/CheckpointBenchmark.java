package io.modelweave.benchmarks;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.checkpoint.CheckpointWriter;
import io.modelweave.core.checkpoint.ElementType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
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
 * How fast do checkpoints stream, beside a plain copy of the file?
 *
 * <p>Data: the 148 tensors of GPT-2 small in BF16, 249 MB, in the system's cache. {@code copy} opens the file and writes all tensors to a
 * new file, checked, forced to the disk and renamed; {@code load} reads all tensors into arrays, as a model is loaded, and lets them go
 * in the end. With {@code how=plain} the bytes are copied or read through one buffer and nobody looks at them. The peer is
 * {@code benchmarks/peers/checkpoint.py}.
 *
 * <p>Floor: the bytes by the rate of a plain copy of a file for {@code copy}, that of new memory for {@code load}; read
 * through one buffer, twice the bytes by that of a copy in memory.
 *
 * <pre>{@code
 * benchmarks/run CheckpointBenchmark
 * }</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = {"-Xmx1g", "-Dorg.bytedeco.javacpp.maxbytes=4G", "-Dorg.bytedeco.javacpp.maxphysicalbytes=0"})
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class CheckpointBenchmark {

  /** Who reads and writes. */
  public enum How {
    /** This library. */
    CHECKPOINT,
    /** A buffer. */
    PLAIN
  }

  /** Who reads and writes. */
  @Param
  public How how = How.CHECKPOINT;

  private Path folder;
  private Path model;
  private Path copy;

  /** Writes the model. */
  @Setup(Level.Trial)
  public void write() throws IOException {
    folder = Files.createTempDirectory("checkpoint");
    model = folder.resolve("model.safetensors");
    copy = folder.resolve("copy.safetensors");
    SyntheticModels.write(model, SyntheticModels.gpt2Small(ElementType.BF16), 1);
  }

  /** A new file with the same tensors. */
  @Benchmark
  public void copy() throws IOException {
    Files.deleteIfExists(copy); // to write over a file is another job than to write one
    if (how == How.PLAIN) {
      FileCopy.copy(model, copy);
      return;
    }
    try (Checkpoint checkpoint = Checkpoint.open(model)) {
      CheckpointWriter.to(copy).write(checkpoint);
    }
  }

  /** All tensors as arrays. */
  @Benchmark
  public long load() throws IOException {
    if (how == How.PLAIN) {
      return FileCopy.read(model);
    }
    List<INDArray> tensors = new ArrayList<>();
    try (Checkpoint checkpoint = Checkpoint.open(model)) {
      checkpoint.names().forEach(name -> tensors.add(checkpoint.tensor(name)));
    }
    long elements = tensors.stream().mapToLong(INDArray::length).sum();
    tensors.forEach(INDArray::close);
    return elements;
  }

  /** Deletes the files. */
  @TearDown(Level.Trial)
  public void delete() throws IOException {
    Files.deleteIfExists(copy);
    Files.delete(model);
    Files.delete(folder);
  }
}
