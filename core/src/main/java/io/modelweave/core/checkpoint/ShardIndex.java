package io.modelweave.core.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** The file that says which tensor of a model is in which of its files, as transformers writes it. */
final class ShardIndex {

  /** No longer than a header may be, for the same reason. */
  private static final long LONGEST = SafetensorsHeader.LONGEST;

  private static final Pattern FILE_NAME = Pattern.compile("[^/\\\\:\\x00-\\x1f]+\\.safetensors");

  private static final JsonMapper JSON = JsonMapper.builder()
      .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
      .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
      .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
      .build();

  private ShardIndex() {}

  /** Returns tensor name to file name, in the order of the index. */
  static Map<String, String> read(Path index) {
    JsonNode map = root(index).path("weight_map");
    if (!map.isObject() || map.isEmpty()) {
      throw new CheckpointFormatException(index, 0,
          "the index needs an object \"weight_map\" from tensor name to file name; download it again");
    }
    Map<String, String> fileNames = new LinkedHashMap<>();
    map.properties().forEach(field -> {
      String fileName = field.getValue().asText();
      if (!FILE_NAME.matcher(fileName).matches()) {
        throw new CheckpointFormatException(index, 0, "tensor \"%s\" must be in a .safetensors file beside the index, but is in \"%s\";"
            .formatted(field.getKey(), fileName) + " move that file here and change the index");
      }
      fileNames.put(field.getKey(), fileName);
    });
    return fileNames;
  }

  private static JsonNode root(Path index) {
    byte[] json;
    try {
      long size = Files.size(index);
      if (size > LONGEST) {
        throw new CheckpointFormatException(index, 0,
            "an index of %d bytes; none is longer than %d, so this is another file".formatted(size, LONGEST));
      }
      json = Files.readAllBytes(index);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + index, e);
    }
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new CheckpointFormatException(index, Math.max(0, e.getLocation() == null ? 0 : e.getLocation().getByteOffset()),
          "the index is not valid JSON: %s; download it again".formatted(e.getOriginalMessage()), e);
    } catch (IOException e) {
      throw new CheckpointFormatException(index, 0, "the index is not valid UTF-8: %s; download it again".formatted(e.getMessage()), e);
    }
  }
}
