package io.modelweave.core.checkpoint;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.modelweave.core.AtomicFile;
import io.modelweave.core.Checkpoint;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Writes safetensors files; {@link Checkpoint#write(Path)} calls it. The same checkpoint always gives the same bytes. */
public final class SafetensorsWriter {

  private static final int BUFFER = 1 << 22;
  private static final JsonMapper JSON = new JsonMapper();

  private SafetensorsWriter() {}

  /**
   * Writes a checkpoint as {@link Checkpoint#write(Path, boolean)} describes. The header lists the tensors in the order of the
   * checkpoint; their bytes lie in the order of element width, widest first, so that each is aligned.
   *
   * @throws UncheckedIOException if the file cannot be written, or is there and must stay
   * @throws IllegalArgumentException if a tensor is called {@code __metadata__}, which the format reserves
   */
  public static void write(Checkpoint checkpoint, Path file, boolean overwrite) {
    if (checkpoint.contains(SafetensorsHeader.METADATA)) {
      throw new IllegalArgumentException("a tensor cannot be called \"%s\": the file format reserves that name".formatted(SafetensorsHeader.METADATA));
    }
    AtomicFile.write(file, overwrite, out -> writeTo(checkpoint, out));
  }

  private static void writeTo(Checkpoint checkpoint, FileChannel out) throws IOException {
    List<TensorInfo> layout = new ArrayList<>(checkpoint.names().stream().map(checkpoint::info).toList());
    layout.sort(Comparator.comparingInt((TensorInfo info) -> info.type().bits()).reversed());
    AtomicFile.writeFully(out, header(checkpoint, layout));
    ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
    for (TensorInfo info : layout) {
      for (long offset = 0; offset < info.byteLength(); offset += BUFFER) {
        buffer.clear().limit((int) Math.min(BUFFER, info.byteLength() - offset));
        checkpoint.read(info.name(), offset, buffer);
        AtomicFile.writeFully(out, buffer.flip());
      }
    }
  }

  private static ByteBuffer header(Checkpoint checkpoint, List<TensorInfo> layout) throws IOException {
    Map<String, Long> begins = new HashMap<>();
    long end = 0;
    for (TensorInfo info : layout) {
      begins.put(info.name(), end);
      end = Math.addExact(end, info.byteLength());
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      if (!checkpoint.metadata().isEmpty()) {
        json.writePOJOField(SafetensorsHeader.METADATA, checkpoint.metadata());
      }
      for (String name : checkpoint.names()) {
        TensorInfo info = checkpoint.info(name);
        long begin = begins.get(name);
        json.writeObjectFieldStart(name);
        json.writeStringField("dtype", info.type().name());
        json.writePOJOField("shape", info.shape());
        json.writePOJOField("data_offsets", new long[] {begin, begin + info.byteLength()});
        json.writeEndObject();
      }
      json.writeEndObject();
    }
    while (bytes.size() % Long.BYTES != 0) {
      bytes.write(' ');
    }
    ByteBuffer header = ByteBuffer.allocate(Long.BYTES + bytes.size()).order(ByteOrder.LITTLE_ENDIAN);
    return header.putLong(bytes.size()).put(bytes.toByteArray()).flip();
  }
}
