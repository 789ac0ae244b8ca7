package io.modelweave.core.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonParser.NumberType;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the JSON of a header one tensor at a time, so that a bad one is refused before anything is built from the rest.
 *
 * <p>By tokens, not trees: loading Jackson's data binding would take longer than reading any header.
 */
final class SafetensorsHeaderParser {

  static final JsonFactory JSON = JsonFactory.builder()
      .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
      .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
      .build();

  private final Path path;
  private final byte[] json;
  private final Map<String, SafetensorsHeader.Entry> entries = new LinkedHashMap<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private long position = Long.BYTES;

  SafetensorsHeaderParser(Path path, byte[] json) {
    this.path = path;
    this.json = json;
  }

  SafetensorsHeader parse() {
    // A zero byte here would make Jackson take the text for UTF-16 or UTF-32, which the format does not allow.
    if (json[0] != '{' || json[1] == 0) {
      throw SafetensorsHeader.damaged(path, Long.BYTES, "the header must be a JSON object");
    }
    try (JsonParser parser = JSON.createParser(json)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        field(parser);
      }
      position = Long.BYTES + parser.currentTokenLocation().getByteOffset();
      if (parser.nextToken() != null) {
        throw SafetensorsHeader.damaged(path, position, "the header is not valid JSON: something follows its object");
      }
    } catch (JsonProcessingException e) {
      position = e.getLocation() == null ? position : Long.BYTES + Math.max(0, e.getLocation().getByteOffset());
      throw SafetensorsHeader.damaged(path, position, "the header is not valid JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw SafetensorsHeader.damaged(path, position, "the header is not valid UTF-8: " + e.getMessage(), e);
    }
    return new SafetensorsHeader(entries, metadata);
  }

  private void field(JsonParser parser) throws IOException {
    String name = parser.currentName();
    position = Long.BYTES + parser.currentTokenLocation().getByteOffset();
    parser.nextToken();
    if (name.equals(SafetensorsHeader.METADATA)) {
      readMetadata(parser);
    } else {
      entries.put(name, entry(name, parser));
    }
  }

  private void readMetadata(JsonParser parser) throws IOException {
    require(parser.currentToken() == JsonToken.START_OBJECT, SafetensorsHeader.METADATA, "must be an object of strings");
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      if (parser.nextToken() != JsonToken.VALUE_STRING) {
        throw problem(SafetensorsHeader.METADATA, "must be an object of strings, but \"%s\" is not a string".formatted(key));
      }
      metadata.put(key, parser.getText());
    }
  }

  private SafetensorsHeader.Entry entry(String name, JsonParser parser) throws IOException {
    String dtype = null;
    List<Long> shape = null;
    List<Long> offsets = null;
    boolean others = parser.currentToken() != JsonToken.START_OBJECT;
    while (!others && parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      JsonToken value = parser.nextToken();
      switch (field) {
        case "dtype" -> dtype = value == JsonToken.VALUE_STRING ? parser.getText() : null;
        case "shape" -> shape = longs(parser, name, field);
        case "data_offsets" -> offsets = longs(parser, name, field);
        default -> others = true;
      }
      others |= dtype == null && field.equals("dtype");
    }
    if (others || dtype == null || shape == null || offsets == null) {
      throw problem(name, "needs exactly \"dtype\", \"shape\" and \"data_offsets\"");
    }
    return entry(name, type(name, dtype), shape, offsets);
  }

  private SafetensorsHeader.Entry entry(String name, ElementType type, List<Long> shape, List<Long> offsets) {
    if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
      throw problem(name, "needs \"data_offsets\" [begin, end], but has " + offsets);
    }
    TensorInfo info;
    try {
      info = new TensorInfo(name, type, shape);
    } catch (IllegalArgumentException e) {
      throw SafetensorsHeader.damaged(path, position, String.valueOf(e.getMessage()), e);
    }
    long stored = offsets.get(1) - offsets.get(0);
    if (stored != info.byteLength()) {
      throw problem(name, "is %s and needs %d bytes, but \"data_offsets\" %s hold %d"
          .formatted(info.describe(), info.byteLength(), offsets, stored));
    }
    long data = Long.BYTES + (long) json.length;
    require(offsets.get(1) <= Long.MAX_VALUE - data, name, "ends beyond any file");
    return new SafetensorsHeader.Entry(info, data + offsets.get(0), data + offsets.get(1));
  }

  private ElementType type(String name, String text) {
    Optional<ElementType> type = ElementType.named(text);
    return type.orElseThrow(() -> new CheckpointFormatException(path, position,
        "tensor \"%s\" has the unknown dtype \"%s\"; the known ones are %s: convert the file to one of them"
            .formatted(name, text, List.of(ElementType.values()))));
  }

  private List<Long> longs(JsonParser parser, String name, String field) throws IOException {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw problem(name, "needs an array \"%s\"".formatted(field));
    }
    List<Long> values = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT || parser.getNumberType() == NumberType.BIG_INTEGER
          || parser.getLongValue() < 0) {
        throw problem(name, "has something else than numbers >= 0 in \"%s\"".formatted(field));
      }
      values.add(parser.getLongValue());
    }
    return values;
  }

  private void require(boolean condition, String name, String what) {
    if (!condition) {
      throw problem(name, what);
    }
  }

  private CheckpointFormatException problem(String name, String what) {
    return SafetensorsHeader.damaged(path, position, "\"%s\" %s".formatted(name, what));
  }
}
