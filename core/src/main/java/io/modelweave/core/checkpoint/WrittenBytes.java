package io.modelweave.core.checkpoint;

import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/** Which bytes of a tensor have been written; each may be written once, so that the result does not depend on the order. */
final class WrittenBytes {

  private final TensorInfo info;
  private final long length;
  /** Where each stretch begins, to where it ends; stretches that touch are one. */
  private final NavigableMap<Long, Long> written = new TreeMap<>();

  WrittenBytes(TensorInfo info) {
    this.info = info;
    this.length = info.byteLength();
  }

  TensorInfo info() {
    return info;
  }

  /** Claims a stretch before it is written. */
  synchronized void claim(long offset, int count) {
    if (offset < 0 || count > length - offset) {
      throw new IndexOutOfBoundsException("%d bytes at byte %d of tensor \"%s\", which is %s and has %d bytes"
          .formatted(count, offset, info.name(), info.describe(), length));
    }
    if (count == 0) {
      return;
    }
    long end = offset + count;
    Map.Entry<Long, Long> before = written.floorEntry(offset);
    Map.Entry<Long, Long> after = written.higherEntry(offset);
    if (before != null && before.getValue() > offset || after != null && after.getKey() < end) {
      throw new IllegalStateException("bytes %d to %d of tensor \"%s\" were written before, at least in part; write each byte once"
          .formatted(offset, end, info.name()));
    }
    boolean joinsAfter = after != null && after.getKey() == end;
    if (joinsAfter) {
      written.remove(after.getKey());
    }
    boolean joinsBefore = before != null && before.getValue() == offset;
    written.put(joinsBefore ? before.getKey() : Long.valueOf(offset), joinsAfter ? after.getValue() : Long.valueOf(end));
  }

  /** Returns what is missing, in words; empty if every byte was written. */
  synchronized Optional<String> missing() {
    long end = written.containsKey(0L) ? written.get(0L) : 0;
    if (end == length) {
      return Optional.empty();
    }
    Map.Entry<Long, Long> last = written.lastEntry();
    long until = last != null && last.getValue() == length ? last.getKey() : length;
    return Optional.of("\"%s\" (%s): %d to %d of %d bytes".formatted(info.name(), info.describe(), end, until, length));
  }
}
