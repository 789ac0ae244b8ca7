package io.modelweave.core;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** Files that are there whole or not at all: written beside their place, forced to the disk, then moved to it. */
public final class AtomicFile {

  private AtomicFile() {}

  /** What a file will hold. */
  @FunctionalInterface
  public interface Content {

    /** Writes all of it to an empty file. */
    void writeTo(FileChannel file) throws IOException;
  }

  /**
   * Writes a file, replacing one that is there.
   *
   * @throws UncheckedIOException if that fails; what was there before stays
   */
  public static void write(Path file, byte[] content) {
    write(file, true, channel -> writeFully(channel, ByteBuffer.wrap(content)));
  }

  /**
   * Writes a file.
   *
   * @param overwrite whether to replace a file that is there
   * @throws UncheckedIOException if that fails, or a file is there and must stay; what was there before stays
   */
  public static void write(Path file, boolean overwrite, Content content) {
    Path target = file.toAbsolutePath();
    Path beside = beside(target);
    try {
      requireAbsent(file, overwrite);
      try {
        try (FileChannel channel = FileChannel.open(beside, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
          content.writeTo(channel);
          channel.force(true);
        }
        move(beside, target, overwrite);
      } finally {
        Files.deleteIfExists(beside);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write %s: %s; its folder must exist and be writable".formatted(file, e.getMessage()), e);
    }
  }

  /** Returns a hidden name in the same folder that nothing else has, for a file that {@link #move} will bring to its place. */
  public static Path beside(Path file) {
    Path target = file.toAbsolutePath();
    // Not createTempFile, which makes files that only their owner can read.
    return target.resolveSibling(".%s.%s.tmp".formatted(target.getFileName(), UUID.randomUUID()));
  }

  /**
   * Returns normally if a file may be written.
   *
   * @throws FileAlreadyExistsException if it is there and must stay
   */
  public static void requireAbsent(Path file, boolean overwrite) throws FileAlreadyExistsException {
    if (!overwrite && Files.exists(file)) {
      throw new FileAlreadyExistsException(file.toString(), null, "it is there already and must be replaced on purpose");
    }
  }

  /**
   * Moves a complete file to its place in the same folder, in one step where the file system can, and forces the folder to the disk.
   *
   * @param overwrite whether to replace a file that is there
   * @throws IOException if that fails; what was there before stays
   */
  public static void move(Path beside, Path target, boolean overwrite) throws IOException {
    if (!overwrite) {
      Files.move(beside, target);
    } else {
      try {
        Files.move(beside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } catch (AtomicMoveNotSupportedException e) {
        Files.move(beside, target, StandardCopyOption.REPLACE_EXISTING);
      }
    }
    forceFolder(target);
  }

  private static void forceFolder(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Windows cannot open a folder; there the rename is as durable as the system makes it.
    }
  }

  /** Writes all remaining bytes of a buffer, which one call of a channel may not. */
  public static void writeFully(FileChannel file, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      file.write(bytes);
    }
  }
}
