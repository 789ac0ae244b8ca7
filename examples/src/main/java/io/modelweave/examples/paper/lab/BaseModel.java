package io.modelweave.examples.paper.lab;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.stream.Stream;

/** A base that is given rather than pretrained. */
public final class BaseModel {

  private static final int CHUNK = 1 << 20;

  private BaseModel() {}

  /** Returns its name and the SHA-256 of its weights, so that another model in the same place is another base. */
  public static String description(Path directory) {
    MessageDigest digest = PaperData.sha256();
    byte[] chunk = new byte[CHUNK];
    try (Stream<Path> entries = Files.list(directory)) {
      for (Path file : entries.filter(f -> f.toString().endsWith(".safetensors")).sorted().toList()) {
        try (InputStream in = Files.newInputStream(file)) {
          for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
            digest.update(chunk, 0, read);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return "%s, weights of SHA-256 %s".formatted(directory.toAbsolutePath().normalize().getFileName(),
        HexFormat.of().formatHex(digest.digest()));
  }
}
