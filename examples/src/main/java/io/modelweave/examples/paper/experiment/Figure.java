package io.modelweave.examples.paper.experiment;

import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * A figure of the report.
 *
 * @param name of its file, without {@code .png}
 * @param shows a sentence on what is drawn
 * @param paper a sentence on what the paper showed
 * @param writer draws it into a file
 */
public record Figure(String name, String shows, String paper, Consumer<Path> writer) {

  /** Draws the figure into a folder. */
  public void write(Path directory) {
    writer.accept(file(directory));
  }

  /** Returns its file in a folder. */
  public Path file(Path directory) {
    return directory.resolve(name + ".png");
  }
}
