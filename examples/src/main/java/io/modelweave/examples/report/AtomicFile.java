package io.modelweave.examples.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Files that are replaced in one step: a reader sees the old contents or the new, never a part. */
public final class AtomicFile {

  private AtomicFile() {}

  /**
   * Writes a file, replacing one that is there, and creates missing folders.
   *
   * @throws UncheckedIOException if that fails; what was there before stays
   */
  public static void write(Path file, byte[] contents) {
    Path folder = file.toAbsolutePath().getParent();
    try {
      Files.createDirectories(folder);
      Path temporary = folder.resolve("." + file.getFileName() + "." + ProcessHandle.current().pid() + "-" + System.nanoTime() + ".tmp");
      try {
        Files.write(temporary, contents);
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
