package io.modelweave.core.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The checked header of a safetensors file: 8 bytes of length, JSON, then the tensors without gap or overlap. */
record SafetensorsHeader(Map<String, Entry> entries, Map<String, String> metadata) {

  /** The limit of the format's reference implementation. */
  static final int LONGEST = 100_000_000;

  private static final String WAY_OUT = "download the file again, or write it again";

  static final String METADATA = "__metadata__";

  static final JsonMapper JSON = JsonMapper.builder()
      .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
      .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
      .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
      .build();

  /** Where a tensor lies: begin and end in bytes from the start of the file. */
  record Entry(TensorInfo info, long begin, long end) {}

  static SafetensorsHeader read(FileChannel file, Path path) throws IOException {
    long size = file.size();
    if (size < Long.BYTES) {
      throw damaged(path, 0, "the file has %d bytes, fewer than the 8 of the header length; it is cut short or no safetensors file".formatted(size));
    }
    long length = readFully(file, path, 0, Long.BYTES).getLong();
    if (length < 2 || length > LONGEST) {
      throw damaged(path, 0, "header length %s, but it must be in [2, %d]; the file is damaged or no safetensors file"
          .formatted(Long.toUnsignedString(length), LONGEST));
    }
    if (length > size - Long.BYTES) {
      throw damaged(path, 0, "header length %d, but only %d bytes follow; the file is cut short".formatted(length, size - Long.BYTES));
    }
    byte[] json = readFully(file, path, Long.BYTES, (int) length).array();
    return parse(json, path, size);
  }

  private static SafetensorsHeader parse(byte[] json, Path path, long fileSize) {
    // A zero byte here would make Jackson take the text for UTF-16 or UTF-32, which the format does not allow.
    if (json[0] != '{' || json[1] == 0) {
      throw damaged(path, Long.BYTES, "the header must be a JSON object");
    }
    JsonNode root;
    try {
      root = JSON.readTree(json);
    } catch (JsonProcessingException e) {
      long at = e.getLocation() == null ? 0 : Math.max(0, e.getLocation().getByteOffset());
      throw new CheckpointFormatException(path, Long.BYTES + at, "the header is not valid JSON: %s; %s".formatted(e.getOriginalMessage(), WAY_OUT), e);
    } catch (IOException e) {
      throw new CheckpointFormatException(path, Long.BYTES, "the header is not valid UTF-8: %s; %s".formatted(e.getMessage(), WAY_OUT), e);
    }
    long data = Long.BYTES + (long) json.length;
    Map<String, Entry> entries = new LinkedHashMap<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : root.properties()) {
      if (field.getKey().equals(METADATA)) {
        metadata.putAll(metadata(field.getValue(), path));
      } else {
        entries.put(field.getKey(), entry(field.getKey(), field.getValue(), path, data));
      }
    }
    requireGapless(entries.values(), path, data, fileSize);
    return new SafetensorsHeader(entries, metadata);
  }

  private static Map<String, String> metadata(JsonNode node, Path path) {
    Map<String, String> metadata = new LinkedHashMap<>();
    require(node.isObject(), path, METADATA, "must be an object of strings");
    node.properties().forEach(field -> {
      require(field.getValue().isTextual(), path, METADATA, "must be an object of strings, but \"%s\" is not a string".formatted(field.getKey()));
      metadata.put(field.getKey(), field.getValue().textValue());
    });
    return metadata;
  }

  private static Entry entry(String name, JsonNode node, Path path, long data) {
    require(node.isObject() && node.size() == 3 && node.path("dtype").isTextual(), path, name, "needs exactly \"dtype\", \"shape\" and \"data_offsets\"");
    ElementType type = ElementType.named(node.get("dtype").textValue()).orElseThrow(() ->
        new CheckpointFormatException(path, Long.BYTES, "tensor \"%s\" has the unknown dtype \"%s\"; the known ones are %s: convert the file to one of them"
            .formatted(name, node.get("dtype").textValue(), List.of(ElementType.values()))));
    List<Long> shape = longs(node.path("shape"), path, name, "shape");
    List<Long> offsets = longs(node.path("data_offsets"), path, name, "data_offsets");
    require(offsets.size() == 2 && offsets.get(0) <= offsets.get(1), path, name, "needs \"data_offsets\" [begin, end], but has " + offsets);
    TensorInfo info;
    try {
      info = new TensorInfo(name, type, shape);
    } catch (IllegalArgumentException e) {
      throw new CheckpointFormatException(path, Long.BYTES, "%s; %s".formatted(e.getMessage(), WAY_OUT), e);
    }
    long stored = offsets.get(1) - offsets.get(0);
    require(stored == info.byteLength(), path, name, "is %s and needs %d bytes, but \"data_offsets\" %s hold %d"
        .formatted(info.describe(), info.byteLength(), offsets, stored));
    require(offsets.get(1) <= Long.MAX_VALUE - data, path, name, "ends beyond any file, at " + offsets.get(1));
    return new Entry(info, data + offsets.get(0), data + offsets.get(1));
  }

  private static List<Long> longs(JsonNode node, Path path, String name, String field) {
    require(node.isArray(), path, name, "needs an array \"%s\"".formatted(field));
    List<Long> values = new ArrayList<>(node.size());
    for (JsonNode value : node) {
      require(value.isIntegralNumber() && value.canConvertToLong() && value.longValue() >= 0, path, name,
          "has something else than numbers >= 0 in \"%s\"".formatted(field));
      values.add(value.longValue());
    }
    return values;
  }

  private static void requireGapless(Iterable<Entry> entries, Path path, long data, long fileSize) {
    List<Entry> sorted = new ArrayList<>();
    entries.forEach(sorted::add);
    sorted.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
    long end = data;
    String previous = "the header";
    for (Entry entry : sorted) {
      if (entry.begin() != end) {
        throw damaged(path, entry.begin(), "tensor \"%s\" %s %s, which ends at byte %d"
            .formatted(entry.info().name(), entry.begin() < end ? "overlaps" : "leaves a gap after", previous, end));
      }
      end = entry.end();
      previous = "tensor \"%s\"".formatted(entry.info().name());
    }
    if (end != fileSize) {
      throw damaged(path, Math.min(end, fileSize), end > fileSize
          ? "the file has %d bytes, but %s ends at byte %d; the file is cut short".formatted(fileSize, previous, end)
          : "%d bytes belong to no tensor".formatted(fileSize - end));
    }
  }

  private static void require(boolean condition, Path path, String name, String problem) {
    if (!condition) {
      throw damaged(path, Long.BYTES, "\"%s\" %s".formatted(name, problem));
    }
  }

  private static CheckpointFormatException damaged(Path path, long offset, String problem) {
    return new CheckpointFormatException(path, offset, "%s; %s".formatted(problem, WAY_OUT));
  }

  private static ByteBuffer readFully(FileChannel file, Path path, long offset, int count) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (file.read(buffer, offset + buffer.position()) < 0) {
        throw damaged(path, offset + buffer.position(), "the file ends in its header");
      }
    }
    return buffer.flip();
  }
}
