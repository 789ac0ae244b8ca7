package io.modelweave.core;

import io.modelweave.core.checkpoint.CheckpointReader;
import io.modelweave.core.checkpoint.CheckpointWriter;
import io.modelweave.core.checkpoint.MemoryCheckpoint;
import io.modelweave.core.checkpoint.TensorBytes;
import io.modelweave.core.checkpoint.TensorInfo;
import io.modelweave.core.dl4j.NetworkFile;
import io.modelweave.core.samediff.GraphFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The named tensors of one model: an ordered, immutable map from name to tensor whose values are read when they are asked for.
 *
 * <pre>{@code
 * try (Checkpoint checkpoint = Checkpoint.open(Path.of("model.safetensors"))) {
 *   INDArray embedding = checkpoint.tensor("embed.weight");
 * }
 * }</pre>
 *
 * <p>Opening a file reads and checks its header only, so that a checkpoint larger than memory can be opened, and one tensor of it
 * costs the memory of that tensor. Arrays that come out are owned by the caller and share memory with nothing. All methods but
 * {@link #close()} may be called from several threads.
 */
public interface Checkpoint extends AutoCloseable {

  /**
   * Opens a {@code .safetensors} file, or a directory that holds {@code model.safetensors} or, for a model in several files,
   * {@code model.safetensors.index.json} and the files that it names.
   *
   * <p>All headers are checked before this returns: JSON, types, shapes, and that the tensors fill the file without gap or
   * overlap. Cost: one read of each header.
   *
   * <p>Network zips of DL4J, for which {@code deeplearning4j-nn} must be on the class path, and SameDiff files ({@code .sd}, {@code .fb})
   * are opened too, with the names of {@link io.modelweave.core.dl4j.NetworkWeights} and {@link io.modelweave.core.samediff.GraphWeights}.
   * They are read whole into memory.
   *
   * @throws io.modelweave.core.checkpoint.CheckpointFormatException if a file is damaged or is not safetensors, with the path and the byte
   *     offset; a PyTorch pickle is refused because reading one runs code
   * @throws java.io.UncheckedIOException if a file cannot be read
   */
  static Checkpoint open(Path fileOrDirectory) {
    if (NetworkFile.recognises(fileOrDirectory)) {
      return NetworkFile.open(fileOrDirectory);
    }
    return GraphFile.recognises(fileOrDirectory) ? GraphFile.open(fileOrDirectory) : CheckpointReader.open(fileOrDirectory);
  }

  /**
   * Returns a checkpoint of copies of the given arrays, in the iteration order of the map, without metadata. Names of one and the same
   * array stay tied, see {@link #tied()}.
   *
   * @param tensors name to array; views and {@code 'f'}-ordered arrays are fine
   * @throws IllegalArgumentException naming every array whose type no checkpoint holds, such as strings
   */
  static Checkpoint of(Map<String, INDArray> tensors) {
    return MemoryCheckpoint.of(tensors, Map.of());
  }

  /**
   * Returns a checkpoint of copies of the given arrays, in the iteration order of the map. Names of one and the same array stay tied,
   * see {@link #tied()}.
   *
   * @param tensors name to array; views and {@code 'f'}-ordered arrays are fine
   * @param metadata free text that travels with the tensors into files
   * @throws IllegalArgumentException naming every array whose type no checkpoint holds, such as strings
   */
  static Checkpoint of(Map<String, INDArray> tensors, Map<String, String> metadata) {
    return MemoryCheckpoint.of(tensors, metadata);
  }

  /** Returns the names of all tensors, in the order of the file or of the map that they came from. */
  List<String> names();

  /** Returns whether there is a tensor of that name. */
  boolean contains(String name);

  /**
   * Returns type and shape of a tensor, without reading it.
   *
   * @throws io.modelweave.core.checkpoint.MissingTensorException naming similar names, if there is no such tensor
   */
  TensorInfo info(String name);

  /**
   * Fills a buffer with bytes of a tensor: row-major elements, each little-endian. This is how to read a part of a tensor, or one
   * larger than 2 GiB.
   *
   * @param offset where to start, in bytes from the first byte of the tensor
   * @param destination takes {@code destination.remaining()} bytes; its position is then its limit
   * @throws IndexOutOfBoundsException if the tensor ends before the buffer is full
   * @throws io.modelweave.core.checkpoint.MissingTensorException naming similar names, if there is no such tensor
   * @throws java.io.UncheckedIOException if the file cannot be read
   * @throws IllegalStateException if this checkpoint is closed
   */
  void read(String name, long offset, ByteBuffer destination);

  /** Returns the free text that came with the tensors; empty if there was none. */
  Map<String, String> metadata();

  /**
   * Returns which names are other names of the same tensor, such as an output layer tied to the embedding: the alias to the name under
   * which the tensor is stored. Both are among {@link #names()} and read the same bits; files hold them once. What a file does not say is
   * not known: many models leave the alias out and tie it in their code.
   */
  default Map<String, String> tied() {
    return Map.of();
  }

  /** Returns where the tensors came from, for messages: a path, or {@code "memory"}. */
  String source();

  /** Releases files or memory; arrays that were handed out live on. Closing twice does nothing. */
  @Override
  void close();

  /**
   * Returns a tensor as a new {@code 'c'}-ordered array of its stored type: F16 is {@code HALF}, BF16 {@code BFLOAT16}, and so on.
   *
   * @throws IllegalArgumentException if ND4J has no such type (8-bit floats and smaller, complex numbers): use {@link #raw}
   * @throws io.modelweave.core.checkpoint.MissingTensorException naming similar names, if there is no such tensor
   * @throws java.io.UncheckedIOException if the file cannot be read
   */
  default INDArray tensor(String name) {
    return TensorBytes.toArray(this, name);
  }

  /**
   * Returns some rows of a tensor {@code [n, ...]} as a new array {@code [toRow - fromRow, ...]}; nothing else of the tensor is read.
   *
   * @param fromRow the first row, counted from 0 along the first dimension
   * @param toRow the row after the last
   * @throws IndexOutOfBoundsException if there are no such rows
   * @throws IllegalArgumentException if the tensor is a single number, or ND4J has no such type
   * @throws io.modelweave.core.checkpoint.MissingTensorException naming similar names, if there is no such tensor
   * @throws java.io.UncheckedIOException if the file cannot be read
   */
  default INDArray tensor(String name, long fromRow, long toRow) {
    return TensorBytes.toArray(this, name, fromRow, toRow);
  }

  /**
   * Returns the bytes of a tensor in a new little-endian buffer: row-major elements, bit for bit as stored.
   *
   * @throws IllegalArgumentException if the tensor has 2 GiB or more: use {@link #read}
   * @throws io.modelweave.core.checkpoint.MissingTensorException naming similar names, if there is no such tensor
   * @throws java.io.UncheckedIOException if the file cannot be read
   */
  default ByteBuffer raw(String name) {
    return TensorBytes.toBuffer(this, name);
  }

  /**
   * Writes all tensors, tied ones once, and the metadata to a new safetensors file, or, if the path does not end in {@code
   * .safetensors}, to a directory that {@link #open} reads, in several files if they exceed {@link
   * CheckpointWriter#DEFAULT_SHARD_BYTES}. All of it appears or nothing: it is written beside its place, forced to disk and renamed.
   * Tensors stream through a small buffer, bit for bit. {@link CheckpointWriter} has more choices.
   *
   * @throws java.io.UncheckedIOException if it is there already (the cause is a {@link java.nio.file.FileAlreadyExistsException}),
   *     or cannot be written
   */
  default void write(Path fileOrDirectory) {
    write(fileOrDirectory, false);
  }

  /**
   * Writes as {@link #write(Path)} does, and replaces what is there if told to.
   *
   * @param overwrite whether a model that is there may be replaced; it stays as it was until the new one is complete
   * @throws java.io.UncheckedIOException if it cannot be written, or is there and must stay
   */
  default void write(Path fileOrDirectory, boolean overwrite) {
    CheckpointWriter.to(fileOrDirectory).overwrite(overwrite).write(this);
  }
}
