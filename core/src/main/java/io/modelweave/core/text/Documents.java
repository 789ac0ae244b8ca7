package io.modelweave.core.text;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;

/** Documents in files: plain text, where a file is one document, and JSON lines, where each line is one. */
public final class Documents {

  private static final ObjectMapper JSON = new ObjectMapper();

  private Documents() {}

  /**
   * Returns the documents of a file: {@link #readJsonLines} if its name ends in {@code .jsonl}, else {@link #readText}.
   *
   * @param fields for JSON lines, the fields that make a document; must be empty for text
   * @throws java.io.UncheckedIOException if the file is missing or cannot be read
   * @throws IllegalArgumentException as those two do, or if fields are given for a text file
   */
  public static List<String> read(Path file, List<String> fields) {
    if (file.getFileName().toString().endsWith(".jsonl")) {
      return readJsonLines(file, fields);
    }
    if (!fields.isEmpty()) {
      throw new IllegalArgumentException("%s is read as plain text and has no fields %s; only .jsonl files have".formatted(file, fields));
    }
    return readText(file);
  }

  /**
   * Returns a whole UTF-8 file as one document.
   *
   * @throws java.io.UncheckedIOException if the file is missing or cannot be read
   * @throws IllegalArgumentException naming the file, if it is empty or not UTF-8
   */
  public static List<String> readText(Path file) {
    String text = TextFile.read(file);
    if (text.isEmpty()) {
      throw new IllegalArgumentException("%s is empty".formatted(file));
    }
    return List.of(text);
  }

  /**
   * Returns one document for each line of a UTF-8 file of JSON objects: the named fields joined by a space. Numbers and
   * booleans are taken as written; blank lines are skipped.
   *
   * @param fields the names of fields that hold text, numbers or booleans, in the order in which to join them
   * @throws java.io.UncheckedIOException if the file is missing or cannot be read
   * @throws IllegalArgumentException naming file, line and the fields there are, if a line is not an object or lacks a field;
   *     or if there are no lines or no fields are named
   */
  public static List<String> readJsonLines(Path file, List<String> fields) {
    if (fields.isEmpty()) {
      throw new IllegalArgumentException("%s: name the fields that make a document".formatted(file));
    }
    List<String> documents = new ArrayList<>();
    int number = 0;
    Iterator<String> lines = TextFile.read(file).lines().iterator();
    while (lines.hasNext()) {
      String line = lines.next();
      number++;
      if (!line.isBlank()) {
        documents.add(document(line, fields, "%s line %d".formatted(file, number)));
      }
    }
    if (documents.isEmpty()) {
      throw new IllegalArgumentException("%s holds no documents".formatted(file));
    }
    return List.copyOf(documents);
  }

  private static String document(String line, Collection<String> fields, String where) {
    JsonNode object;
    try {
      object = JSON.readTree(line);
    } catch (JacksonException e) {
      throw new IllegalArgumentException("%s is not JSON: %s".formatted(where, e.getOriginalMessage()), e);
    }
    if (!object.isObject()) {
      throw new IllegalArgumentException("%s is not a JSON object".formatted(where));
    }
    List<String> parts = new ArrayList<>();
    for (String field : fields) {
      JsonNode value = object.path(field);
      if (!value.isValueNode() || value.isNull()) {
        List<String> present = new ArrayList<>();
        object.fieldNames().forEachRemaining(present::add);
        throw new IllegalArgumentException(value.isMissingNode()
            ? "%s has no field \"%s\"; there are %s".formatted(where, field, present)
            : "%s: field \"%s\" is %s, not text; there are %s".formatted(where, field, value.getNodeType().name().toLowerCase(java.util.Locale.ROOT), present));
      }
      parts.add(value.asText());
    }
    return String.join(" ", parts);
  }
}
