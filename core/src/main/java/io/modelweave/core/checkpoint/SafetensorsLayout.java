package io.modelweave.core.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The bytes of a safetensors file up to its first tensor, and where each tensor begins, in bytes from the start of the file.
 *
 * <p>The header lists the tensors in the order given; their bytes lie in the order of element width, widest first, so that each is
 * aligned.
 */
record SafetensorsLayout(ByteBuffer header, Map<String, Long> begins) {

  private static final JsonFactory JSON = new JsonFactory();

  static SafetensorsLayout of(List<TensorInfo> tensors, Map<String, String> metadata) {
    Map<String, Long> offsets = offsets(tensors);
    ByteBuffer header = header(tensors, metadata, offsets);
    offsets.replaceAll((name, offset) -> header.limit() + offset);
    return new SafetensorsLayout(header, offsets);
  }

  private static Map<String, Long> offsets(List<TensorInfo> tensors) {
    List<TensorInfo> byWidth = new ArrayList<>(tensors);
    byWidth.sort(Comparator.comparingInt((TensorInfo info) -> info.type().bits()).reversed());
    Map<String, Long> offsets = new LinkedHashMap<>();
    long end = 0;
    for (TensorInfo info : byWidth) {
      offsets.put(info.name(), end);
      end = Math.addExact(end, info.byteLength());
    }
    return offsets;
  }

  private static ByteBuffer header(List<TensorInfo> tensors, Map<String, String> metadata, Map<String, Long> offsets) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      if (!metadata.isEmpty()) {
        json.writeObjectFieldStart(SafetensorsHeader.METADATA);
        for (Map.Entry<String, String> text : new TreeMap<>(metadata).entrySet()) { // the same bytes whatever kind of map it is
          json.writeStringField(text.getKey(), text.getValue());
        }
        json.writeEndObject();
      }
      for (TensorInfo info : tensors) {
        long begin = offsets.getOrDefault(info.name(), 0L);
        json.writeObjectFieldStart(info.name());
        json.writeStringField("dtype", info.type().name());
        json.writeFieldName("shape");
        json.writeArray(info.dimensions(), 0, info.shape().size());
        json.writeFieldName("data_offsets");
        json.writeArray(new long[] {begin, begin + info.byteLength()}, 0, 2);
        json.writeEndObject();
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write a header to memory", e);
    }
    while (bytes.size() % Long.BYTES != 0) {
      bytes.write(' ');
    }
    if (bytes.size() > SafetensorsHeader.LONGEST) {
      throw new IllegalArgumentException("the header of %d tensors has %d bytes, but the format allows %d; write fewer tensors to a file"
          .formatted(tensors.size(), bytes.size(), SafetensorsHeader.LONGEST));
    }
    ByteBuffer header = ByteBuffer.allocate(Long.BYTES + bytes.size()).order(ByteOrder.LITTLE_ENDIAN);
    return header.putLong(bytes.size()).put(bytes.toByteArray()).flip();
  }
}
