package io.modelweave.examples.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.modelweave.core.AtomicFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Records, maps and lists as indented JSON. Fields keep their order; NaN and infinities are written as strings. */
public final class JsonFile {

  private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private JsonFile() {}

  /** Returns a value as JSON text without a line end. */
  public static String text(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Writes a file, replacing one that is there.
   *
   * @throws UncheckedIOException if the file cannot be written
   */
  public static void write(Path file, Object value) {
    AtomicFile.write(file, (text(value) + "\n").getBytes(StandardCharsets.UTF_8));
  }
}
