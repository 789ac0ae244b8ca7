package io.modelweave.examples.paper;

import io.modelweave.examples.paper.lab.Journal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The folder of a run: new or empty, or that of a run that goes on. */
final class OutputFolder {

  private OutputFolder() {}

  /**
   * Returns normally if results may go there; nothing is made yet.
   *
   * @throws IllegalArgumentException if not, with what to do
   */
  static void require(Path directory, boolean resume) {
    if (!Files.exists(directory)) {
      return;
    }
    if (!Files.isDirectory(directory)) {
      throw new IllegalArgumentException("%s is a file; --out needs a new or empty folder".formatted(directory));
    }
    try (Stream<Path> entries = Files.list(directory)) {
      if (entries.findAny().isEmpty()) {
        return;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (!Journal.isIn(directory)) {
      throw new IllegalArgumentException("%s is not empty%s; choose another folder or empty it, so that nothing is lost"
          .formatted(directory, resume ? " and holds no run that could go on" : ""));
    }
    if (!resume) {
      throw new IllegalArgumentException("%s is not empty: it holds a run; go on with --resume, or choose another folder"
          .formatted(directory));
    }
  }

  /** Makes the folder. */
  static void create(Path directory) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (!Files.isWritable(directory)) {
      throw new IllegalArgumentException("not allowed to write into %s; choose another folder".formatted(directory));
    }
  }
}
