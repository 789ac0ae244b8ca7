package io.modelweave.core.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The checked header of a safetensors file: 8 bytes of length, JSON, then the tensors without gap or overlap. */
record SafetensorsHeader(Map<String, Entry> entries, Map<String, String> metadata) {

  /** The limit of the format's reference implementation. */
  static final int LONGEST = 100_000_000;

  static final String METADATA = "__metadata__";

  private static final String WAY_OUT = "download the file again, or write it again";

  /** Where a tensor lies: begin and end in bytes from the start of the file. */
  record Entry(TensorInfo info, long begin, long end) {}

  /** Reads and checks a header; allocates no more than the file is long. */
  static SafetensorsHeader read(FileChannel file, Path path) throws IOException {
    long size = file.size();
    if (size < Long.BYTES) {
      throw damaged(path, 0, "the file has %d bytes, fewer than the 8 of the header length; it is cut short or no safetensors file"
          .formatted(size));
    }
    long length = read(file, path, 0, Long.BYTES).getLong();
    if (length < 2 || length > LONGEST) {
      throw damaged(path, 0, "header length %s, but it must be in [2, %d]; the file is damaged or no safetensors file"
          .formatted(Long.toUnsignedString(length), LONGEST));
    }
    if (length > size - Long.BYTES) {
      throw damaged(path, 0, "header length %d, but only %d bytes follow; the file is cut short".formatted(length, size - Long.BYTES));
    }
    SafetensorsHeader header = new SafetensorsHeaderParser(path, read(file, path, Long.BYTES, (int) length).array()).parse();
    requireGapless(header.entries().values(), path, Long.BYTES + length, size);
    return header;
  }

  static CheckpointFormatException damaged(Path path, long offset, String problem) {
    return damaged(path, offset, problem, null);
  }

  static CheckpointFormatException damaged(Path path, long offset, String problem, @Nullable Throwable cause) {
    return new CheckpointFormatException(path, offset, "%s; %s".formatted(problem, WAY_OUT), cause);
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

  private static ByteBuffer read(FileChannel file, Path path, long offset, int count) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    long done = FileBytes.read(file, buffer, offset);
    if (done < count) {
      throw damaged(path, offset + done, "the file ends in its header");
    }
    return buffer.flip();
  }
}
