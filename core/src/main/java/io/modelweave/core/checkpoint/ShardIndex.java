package io.modelweave.core.checkpoint;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
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

  private ShardIndex() {}

  /** Returns tensor name to file name, in the order of the index. */
  static Map<String, String> read(Path index) {
    Map<String, String> fileNames = parse(index);
    if (fileNames.isEmpty()) {
      throw new CheckpointFormatException(index, 0,
          "the index needs an object \"weight_map\" from tensor name to file name; download it again");
    }
    fileNames.forEach((name, fileName) -> {
      if (!FILE_NAME.matcher(fileName).matches()) {
        throw new CheckpointFormatException(index, 0, "tensor \"%s\" must be in a .safetensors file beside the index, but is in \"%s\";"
            .formatted(name, fileName) + " move that file here and change the index");
      }
    });
    return fileNames;
  }

  private static Map<String, String> parse(Path index) {
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
    Map<String, String> fileNames = new LinkedHashMap<>();
    try (JsonParser parser = SafetensorsHeaderParser.JSON.createParser(json)) {
      if (parser.nextToken() == JsonToken.START_OBJECT) {
        readRoot(parser, fileNames);
      } else {
        parser.skipChildren();
      }
      if (parser.nextToken() != null) {
        throw new CheckpointFormatException(index, Math.max(0, parser.currentTokenLocation().getByteOffset()),
            "the index is not valid JSON: something follows its object; download it again");
      }
      return fileNames;
    } catch (JsonProcessingException e) {
      throw new CheckpointFormatException(index, Math.max(0, e.getLocation() == null ? 0 : e.getLocation().getByteOffset()),
          "the index is not valid JSON: %s; download it again".formatted(e.getOriginalMessage()), e);
    } catch (IOException e) {
      throw new CheckpointFormatException(index, 0, "the index is not valid UTF-8: %s; download it again".formatted(e.getMessage()), e);
    }
  }

  private static void readRoot(JsonParser parser, Map<String, String> fileNames) throws IOException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      boolean map = parser.currentName().equals("weight_map");
      if (parser.nextToken() == JsonToken.START_OBJECT && map) {
        readMap(parser, fileNames);
      } else {
        parser.skipChildren();
      }
    }
  }

  private static void readMap(JsonParser parser, Map<String, String> fileNames) throws IOException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      fileNames.put(name, parser.getValueAsString(""));
      parser.skipChildren();
    }
  }
}
