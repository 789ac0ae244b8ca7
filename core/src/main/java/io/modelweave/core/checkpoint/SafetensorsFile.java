package io.modelweave.core.checkpoint;

import io.modelweave.core.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;

/** One safetensors file: header in memory, tensors read at their place when asked for. */
final class SafetensorsFile implements Checkpoint {

  private final Path path;
  private final FileChannel file;
  private final Map<String, SafetensorsHeader.Entry> entries;
  private final Map<String, String> storedMetadata;
  private final Ties ties;
  private final List<String> names;

  private SafetensorsFile(Path path, FileChannel file, SafetensorsHeader header) {
    this.path = path;
    this.file = file;
    this.entries = header.entries();
    this.storedMetadata = header.metadata();
    this.ties = Ties.of(storedMetadata, entries.keySet());
    this.names = ties.namesWith(entries.keySet());
  }

  static SafetensorsFile open(Path path) {
    try {
      FileChannel file = FileChannel.open(path, StandardOpenOption.READ);
      try {
        return new SafetensorsFile(path, file, SafetensorsHeader.read(file, path));
      } catch (IOException | RuntimeException e) {
        file.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + path, e);
    }
  }

  @Override
  public List<String> names() {
    return names;
  }

  @Override
  public boolean contains(String name) {
    return stores(name) || ties.nameOfAlias().containsKey(name);
  }

  @Override
  public TensorInfo info(String name) {
    TensorInfo stored = entry(name).info();
    return stored.name().equals(name) ? stored : stored.named(name);
  }

  @Override
  public void read(String name, long offset, ByteBuffer destination) {
    SafetensorsHeader.Entry entry = entry(name);
    TensorBytes.requireWithin(offset, destination.remaining(), entry.end() - entry.begin());
    long position = entry.begin() + offset;
    try {
      long count = FileBytes.read(file, destination, position);
      if (destination.hasRemaining()) {
        throw new CheckpointFormatException(path, position + count,
            "the file ends inside tensor \"%s\"; it became shorter after it was opened: open it again".formatted(name));
      }
    } catch (ClosedByInterruptException e) {
      throw new IllegalStateException(
          "the thread was interrupted while it read %s, which closes the checkpoint; open it again".formatted(path), e);
    } catch (ClosedChannelException e) {
      throw new IllegalStateException("the checkpoint %s is closed".formatted(path), e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read tensor \"%s\" of %s".formatted(name, path), e);
    }
  }

  @Override
  public Map<String, String> metadata() {
    return ties.metadata();
  }

  @Override
  public Map<String, String> tied() {
    return ties.nameOfAlias();
  }

  /** Returns whether the bytes are in this file under this name, not under another one. */
  boolean stores(String name) {
    return entries.containsKey(name);
  }

  /** Returns the metadata as they are in the file, ties among them. */
  Map<String, String> storedMetadata() {
    return storedMetadata;
  }

  @Override
  public String source() {
    return path.toString();
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot close " + path, e);
    }
  }

  @Override
  public String toString() {
    return "Checkpoint[%d tensors, %s]".formatted(names.size(), path);
  }

  private SafetensorsHeader.Entry entry(String name) {
    SafetensorsHeader.Entry entry = entries.get(ties.stored(name));
    if (entry == null) {
      throw new MissingTensorException(source(), name, names);
    }
    return entry;
  }
}
