package io.modelweave.merge.recipe;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A directory for what is used up before the merge ends; removed when closed. */
final class StageFolder implements AutoCloseable {

  private final Path directory;
  private int count;

  /** Names a directory, which appears when something is written to it. */
  StageFolder(Path directory) {
    this.directory = directory;
  }

  /** Returns a directory in it that nothing else has. */
  Path next() {
    return directory.resolve(Integer.toString(count++));
  }

  @Override
  public void close() {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot remove " + directory, e);
    }
  }
}
