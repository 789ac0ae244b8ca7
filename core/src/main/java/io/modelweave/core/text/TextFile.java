package io.modelweave.core.text;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** UTF-8 files, with a message that names the file where the bytes are something else. */
final class TextFile {

  private TextFile() {}

  static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("%s is not UTF-8 text".formatted(file), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
