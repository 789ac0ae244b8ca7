package io.modelweave.core.checkpoint;

import io.modelweave.core.AtomicFile;
import io.modelweave.core.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A checkpoint that is being written, in any order and from any thread; made by {@link CheckpointWriter#open}.
 *
 * <p>{@link #finish} makes it visible; {@link #close} without {@code finish} leaves nothing behind. Each byte of each tensor is written
 * exactly once. Memory: none beyond the caller's buffers. A process that is killed leaves hidden {@code .*.tmp} files at most.
 */
public final class CheckpointOutput implements AutoCloseable {

  /** A quarter of it and sixteen times as much were slower on copies of 500 MB: more calls, or more memory than the processor caches. */
  private static final int BUFFER = 1 << 20;

  private static final int LISTED = 10;

  private record Place(FileChannel file, long begin, WrittenBytes written) {}

  private enum State { OPEN, FAILED, FINISHED, CLOSED }

  private final Path path;
  private final Shards shards;
  private final boolean overwrite;
  private final PendingFiles files = new PendingFiles();
  private final Map<String, Place> places = new LinkedHashMap<>();
  private final EarlyForce early = new EarlyForce();
  private volatile State state = State.OPEN;

  private CheckpointOutput(Path path, Shards shards, boolean overwrite) {
    this.path = path;
    this.shards = shards;
    this.overwrite = overwrite;
  }

  static CheckpointOutput open(Path path, Shards shards, Map<String, String> metadata, boolean overwrite) {
    CheckpointOutput output = new CheckpointOutput(path, shards, overwrite);
    try {
      output.begin(metadata);
      return output;
    } catch (IOException e) {
      throw output.discarded(output.cannotWrite(e));
    } catch (RuntimeException e) {
      throw output.discarded(e);
    }
  }

  private <E extends RuntimeException> E discarded(E reason) {
    try {
      close();
    } catch (UncheckedIOException e) {
      reason.addSuppressed(e);
    }
    return reason;
  }

  private void begin(Map<String, String> metadata) throws IOException {
    for (Path present : present()) {
      AtomicFile.requireAbsent(present, overwrite);
    }
    if (isDirectory()) {
      files.createFolder(path);
    }
    for (Map.Entry<Path, List<TensorInfo>> shard : shards.files().entrySet()) {
      SafetensorsLayout layout = SafetensorsLayout.of(shard.getValue(), metadata);
      FileChannel file = files.add(shard.getKey());
      AtomicFile.writeFully(file, layout.header());
      for (TensorInfo info : shard.getValue()) {
        long begin = layout.begins().getOrDefault(info.name(), 0L);
        places.put(info.name(), new Place(file, begin, new WrittenBytes(info)));
      }
    }
    if (shards.needIndex()) {
      AtomicFile.writeFully(files.add(path.resolve(Shards.INDEX)), ByteBuffer.wrap(shards.index()));
    }
  }

  /**
   * Writes a stretch of a tensor. May be called from several threads at once; a thread that is interrupted while it writes ends the
   * whole output.
   *
   * @param name one of the tensors that the output was opened with
   * @param offset where the stretch begins, in bytes from the start of the tensor
   * @param bytes row-major elements, each little-endian; all remaining bytes are written, direct buffers without a copy
   * @throws MissingTensorException if there is no such tensor
   * @throws IndexOutOfBoundsException if the stretch does not fit the tensor
   * @throws IllegalStateException if a byte of it was written before, or the output is finished or closed
   * @throws UncheckedIOException if the disk refuses; the output cannot be finished then
   */
  public void write(String name, long offset, ByteBuffer bytes) {
    Place place = places.get(name);
    if (place == null) {
      throw new MissingTensorException(path.toString(), name, places.keySet());
    }
    requireOpen();
    int count = bytes.remaining();
    place.written().claim(offset, count);
    try {
      FileBytes.write(place.file(), bytes, place.begin() + offset);
      early.wrote(place.file(), count);
    } catch (IOException e) {
      state = State.FAILED;
      throw new UncheckedIOException("cannot write tensor \"%s\" of %s: %s".formatted(name, path, e), e);
    }
  }

  /**
   * Copies a whole tensor from a checkpoint, bit for bit, through a buffer of 1 MiB.
   *
   * @param name one of the tensors that the output was opened with
   * @param source where to read
   * @param sourceName the tensor to read, of the same length in bytes
   * @throws IllegalArgumentException if type or shape differ
   */
  public void copy(String name, Checkpoint source, String sourceName) {
    copy(name, source, sourceName, ByteBuffer.allocateDirect((int) Math.min(BUFFER, source.info(sourceName).byteLength())));
  }

  /** Copies whole tensors under their own names through one buffer. */
  void copyAll(Checkpoint source, List<TensorInfo> tensors) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
    tensors.forEach(info -> copy(info.name(), source, info.name(), buffer));
  }

  private void copy(String name, Checkpoint source, String sourceName, ByteBuffer buffer) {
    Place place = places.get(name);
    TensorInfo info = source.info(sourceName);
    if (place != null && !place.written().info().named(sourceName).equals(info)) {
      throw new IllegalArgumentException("tensor \"%s\" is %s, but \"%s\" of %s is %s".formatted(name, place.written().info().describe(),
          sourceName, source.source(), info.describe()));
    }
    for (long offset = 0; offset < info.byteLength(); offset += buffer.capacity()) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), info.byteLength() - offset));
      source.read(sourceName, offset, buffer);
      write(name, offset, buffer.flip());
    }
  }

  /**
   * Forces everything to the disk and makes it visible, an index last. A single file is replaced in one step. Where a model in several
   * files is replaced, a reader finds the old model, then for a moment none, then the new one, never a mixture.
   *
   * @return the files, the index last if there is one
   * @throws IllegalStateException naming the first ten tensors with bytes that were not written, or if a write failed
   * @throws UncheckedIOException if the files cannot be moved to their places; then the old ones are there again
   */
  public synchronized List<Path> finish() {
    requireOpen();
    List<String> missing = places.values().stream().map(place -> place.written().missing()).flatMap(Optional::stream).toList();
    if (!missing.isEmpty()) {
      String listed = String.join("\n  ", missing.subList(0, Math.min(LISTED, missing.size())))
          + (missing.size() > LISTED ? "\n  and more" : "");
      throw new IllegalStateException("%d of %d tensors of %s are not complete; these bytes were not written:\n  %s"
          .formatted(missing.size(), places.size(), path, listed));
    }
    List<Path> written = new ArrayList<>(shards.files().keySet());
    if (shards.needIndex()) {
      written.add(path.resolve(Shards.INDEX));
    }
    try {
      List<Path> obsolete = new ArrayList<>(present());
      if (!overwrite) {
        for (Path file : obsolete) {
          AtomicFile.requireAbsent(file, false);
        }
      }
      if (!shards.needIndex()) {
        obsolete.removeAll(written);
      }
      early.await();
      files.commit(overwrite, obsolete);
      state = State.FINISHED;
      return List.copyOf(written);
    } catch (IOException e) {
      state = State.FAILED;
      throw cannotWrite(e);
    }
  }

  /** Deletes everything unless the output is finished. Closing twice does nothing. */
  @Override
  public synchronized void close() {
    if (state != State.FINISHED) {
      state = State.CLOSED;
    }
    try {
      files.discard();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot remove the unfinished files of " + path, e);
    }
  }

  private List<Path> present() throws IOException {
    return isDirectory() ? Shards.existing(path) : Files.exists(path) ? List.of(path) : List.of();
  }

  private boolean isDirectory() {
    return !shards.files().containsKey(path);
  }

  private void requireOpen() {
    if (state != State.OPEN) {
      throw new IllegalStateException("the output %s is %s".formatted(path, switch (state) {
        case FAILED -> "broken: an earlier write failed";
        case FINISHED -> "finished";
        default -> "closed";
      }));
    }
  }

  private UncheckedIOException cannotWrite(IOException e) {
    return new UncheckedIOException("cannot write %s: %s; its folder must exist and be writable".formatted(path, e.getMessage()), e);
  }
}
