package io.modelweave.core.text;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;

/** Reads {@code {"input_ids": [[..], ..]}}. */
final class InputIds {

  private static final ObjectMapper JSON = new ObjectMapper();

  private InputIds() {}

  static TokenBatch read(Path file) {
    int[][] ids = rows(file);
    try {
      return new TokenBatch(ids);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("%s: input_ids: %s".formatted(file, e.getMessage()), e);
    }
  }

  /** Returns the rows, of any lengths. */
  static int[][] rows(Path file) {
    JsonNode root;
    try {
      root = JSON.readTree(TextFile.read(file));
    } catch (JacksonException e) {
      throw new IllegalArgumentException("%s is not JSON: %s".formatted(file, e.getOriginalMessage()), e);
    }
    JsonNode rows = root.path("input_ids");
    if (!rows.isArray()) {
      throw new IllegalArgumentException("%s has no array \"input_ids\"; expected {\"input_ids\": [[..], ..]}".formatted(file));
    }
    int[][] ids = new int[rows.size()][];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = row(rows.get(i), i, file);
    }
    return ids;
  }

  private static int[] row(JsonNode row, int index, Path file) {
    if (!row.isArray()) {
      throw new IllegalArgumentException("%s: input_ids: row %d is %s, not an array of ids".formatted(file, index, row));
    }
    int[] ids = new int[row.size()];
    for (int t = 0; t < ids.length; t++) {
      if (!row.get(t).isIntegralNumber() || !row.get(t).canConvertToInt()) {
        throw new IllegalArgumentException("%s: input_ids: row %d has %s at position %d, not an integer id".formatted(file, index, row.get(t), t));
      }
      ids[t] = row.get(t).intValue();
    }
    return ids;
  }
}
