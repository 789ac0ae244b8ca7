package io.modelweave.core.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Class path resources as files, for code that opens paths; deleted when the JVM ends. */
final class UnpackedResources {

  private final String from;
  private final Path folder;

  /** Starts with an empty folder for resources below {@code from}. */
  UnpackedResources(String from) {
    this.from = from;
    try {
      this.folder = Files.createTempDirectory("golden");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Copies one resource to the same place below the folder. */
  UnpackedResources with(String file) {
    Path target = folder.resolve(file);
    try (InputStream in = UnpackedResources.class.getResourceAsStream(from + file)) {
      Files.createDirectories(target.getParent());
      Files.copy(in, target);
    } catch (IOException e) {
      throw new UncheckedIOException("resource " + from + file, e);
    }
    target.toFile().deleteOnExit();
    return this;
  }

  Path folder() {
    return folder;
  }
}
