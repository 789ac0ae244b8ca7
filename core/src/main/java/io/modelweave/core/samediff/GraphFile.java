package io.modelweave.core.samediff;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.checkpoint.CheckpointFormatException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.nd4j.autodiff.samediff.SameDiff;

/** Files that {@code SameDiff.save} or {@code asFlatFile} wrote, as checkpoints. */
public final class GraphFile {

  private static final List<String> SUFFIXES = List.of(".sd", ".fb");

  private GraphFile() {}

  /** Returns whether a file is there and named as SameDiff files are, {@code .sd} or {@code .fb}; the format has no mark of its own. */
  public static boolean recognises(Path file) {
    String name = file.toString().toLowerCase(Locale.ROOT);
    return Files.isRegularFile(file) && SUFFIXES.stream().anyMatch(name::endsWith);
  }

  /**
   * Returns the variables of the graph in a file, named as {@link GraphWeights} names them, in memory.
   *
   * @param file of any name, below 2 GiB
   * @throws CheckpointFormatException if SameDiff cannot read the file
   */
  public static Checkpoint open(Path file) {
    return GraphWeights.checkpoint(load(file, false));
  }

  /**
   * Returns the variables of the graph in a file and, if it was saved with it, the state of its updater.
   *
   * @param file of any name, below 2 GiB
   * @throws CheckpointFormatException if SameDiff cannot read the file
   */
  public static Checkpoint openWithUpdater(Path file) {
    return GraphWeights.checkpointWithUpdater(load(file, true));
  }

  private static SameDiff load(Path file, boolean updater) {
    try {
      return SameDiff.load(file.toFile(), updater);
    } catch (RuntimeException e) { // the reader follows offsets wherever they lead
      throw new CheckpointFormatException(file, 0, "SameDiff cannot read this as one of its files: %s; it is cut short, or of another program or version"
          .formatted(e), e);
    }
  }
}
