package io.modelweave.core;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** Sample ids as a tensor beside the activations: the UTF-8 bytes of a JSON array of strings, type U8. */
final class SampleIds {

  static final String TENSOR = "__sample_ids__";

  private static final JsonMapper JSON = new JsonMapper();

  private SampleIds() {}

  static byte[] encode(List<String> ids) {
    try {
      return JSON.writeValueAsBytes(ids);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("sample ids that JSON cannot hold: " + e.getOriginalMessage(), e);
    }
  }

  static List<String> decode(ByteBuffer bytes, String source) {
    try {
      return List.of(JSON.readValue(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining(), String[].class));
    } catch (IOException e) {
      throw new IllegalArgumentException("\"%s\" of %s is not a JSON array of strings; were these activations written by another program?"
          .formatted(TENSOR, source), e);
    }
  }
}
