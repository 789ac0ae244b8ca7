package io.modelweave.core.dl4j;

import io.modelweave.core.Checkpoint;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipFile;

/**
 * Files that DL4J's {@code ModelSerializer} wrote, as checkpoints.
 *
 * <p>Which versions can be read is DL4J's matter: M2.1 restores zips from 0.5 on. This class runs without {@code deeplearning4j-nn} on
 * the class path, up to the point where a network must be restored.
 */
public final class NetworkFile {

  static final String CONFIGURATION = "configuration.json";

  private NetworkFile() {}

  /** Returns whether a file is a zip with a network's configuration in it; false for anything else, absent files included. */
  public static boolean recognises(Path file) {
    if (!Files.isRegularFile(file) || !beginsAsZip(file)) {
      return false;
    }
    try (ZipFile zip = new ZipFile(file.toFile())) {
      return zip.getEntry(CONFIGURATION) != null;
    } catch (IOException e) {
      return false; // no zip
    }
  }

  /** A look at two bytes, because looking for the end of a zip in a large file of another kind takes longer than to open that one. */
  private static boolean beginsAsZip(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return in.read() == 'P' && in.read() == 'K';
    } catch (IOException e) {
      return false; // whoever opens it will say why
    }
  }

  /**
   * Returns the parameters of the network in a zip, named as {@link NetworkWeights} names them, in memory.
   *
   * @throws io.modelweave.core.checkpoint.CheckpointFormatException if the file is damaged, has no parameters, or DL4J cannot restore it
   * @throws IllegalStateException if {@code deeplearning4j-nn} is not on the class path
   */
  public static Checkpoint open(Path file) {
    return open(file, false);
  }

  /**
   * Returns the parameters of the network in a zip and, if it was saved with it, the state of its updater, as
   * {@link NetworkWeights#checkpointWithUpdater(org.deeplearning4j.nn.multilayer.MultiLayerNetwork)} does.
   *
   * @throws io.modelweave.core.checkpoint.CheckpointFormatException if the file is damaged, has no parameters, or DL4J cannot restore it
   * @throws IllegalStateException if {@code deeplearning4j-nn} is not on the class path
   */
  public static Checkpoint openWithUpdater(Path file) {
    return open(file, true);
  }

  private static Checkpoint open(Path file, boolean updater) {
    try {
      return NetworkZip.read(file, updater);
    } catch (NoClassDefFoundError e) {
      throw new IllegalStateException("%s is a DL4J network, and reading it needs org.deeplearning4j:deeplearning4j-nn in the version of your nd4j-api on the class path (%s is missing)"
          .formatted(file, e.getMessage()), e);
    }
  }
}
