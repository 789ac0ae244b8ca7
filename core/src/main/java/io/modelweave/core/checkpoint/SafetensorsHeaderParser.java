package io.modelweave.core.checkpoint;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads the JSON of a header one tensor at a time, so that a bad one is refused before anything is built from the rest. */
final class SafetensorsHeaderParser {

  private static final JsonMapper JSON = JsonMapper.builder()
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
    JsonNode value = parser.readValueAsTree();
    if (name.equals(SafetensorsHeader.METADATA)) {
      readMetadata(value);
    } else {
      entries.put(name, entry(name, value));
    }
  }

  private void readMetadata(JsonNode node) {
    require(node.isObject(), SafetensorsHeader.METADATA, "must be an object of strings");
    node.properties().forEach(field -> {
      require(field.getValue().isTextual(), SafetensorsHeader.METADATA,
          "must be an object of strings, but \"%s\" is not a string".formatted(field.getKey()));
      metadata.put(field.getKey(), field.getValue().textValue());
    });
  }

  private SafetensorsHeader.Entry entry(String name, JsonNode node) {
    require(node.isObject() && node.size() == 3 && node.path("dtype").isTextual(), name,
        "needs exactly \"dtype\", \"shape\" and \"data_offsets\"");
    ElementType type = type(name, node.path("dtype").textValue());
    List<Long> shape = longs(node.path("shape"), name, "shape");
    List<Long> offsets = longs(node.path("data_offsets"), name, "data_offsets");
    require(offsets.size() == 2 && offsets.get(0) <= offsets.get(1), name, "needs \"data_offsets\" [begin, end], but has " + offsets);
    TensorInfo info;
    try {
      info = new TensorInfo(name, type, shape);
    } catch (IllegalArgumentException e) {
      throw SafetensorsHeader.damaged(path, position, String.valueOf(e.getMessage()), e);
    }
    long stored = offsets.get(1) - offsets.get(0);
    require(stored == info.byteLength(), name, "is %s and needs %d bytes, but \"data_offsets\" %s hold %d"
        .formatted(info.describe(), info.byteLength(), offsets, stored));
    long data = Long.BYTES + (long) json.length;
    require(offsets.get(1) <= Long.MAX_VALUE - data, name, "ends beyond any file, at " + offsets.get(1));
    return new SafetensorsHeader.Entry(info, data + offsets.get(0), data + offsets.get(1));
  }

  private ElementType type(String name, String text) {
    Optional<ElementType> type = ElementType.named(text);
    return type.orElseThrow(() -> new CheckpointFormatException(path, position,
        "tensor \"%s\" has the unknown dtype \"%s\"; the known ones are %s: convert the file to one of them"
            .formatted(name, text, List.of(ElementType.values()))));
  }

  private List<Long> longs(JsonNode node, String name, String field) {
    require(node.isArray(), name, "needs an array \"%s\"".formatted(field));
    List<Long> values = new ArrayList<>(node.size());
    for (JsonNode value : node) {
      require(value.isIntegralNumber() && value.canConvertToLong() && value.longValue() >= 0, name,
          "has something else than numbers >= 0 in \"%s\"".formatted(field));
      values.add(value.longValue());
    }
    return values;
  }

  private void require(boolean condition, String name, String problem) {
    if (!condition) {
      throw SafetensorsHeader.damaged(path, position, "\"%s\" %s".formatted(name, problem));
    }
  }
}
