package io.modelweave.core.checkpoint;

import com.google.common.collect.ImmutableRangeSet;
import com.google.common.collect.Range;
import com.google.common.collect.RangeSet;
import com.google.common.collect.TreeRangeSet;
import java.util.Optional;

/** Which bytes of a tensor have been written; each may be written once, so that the result does not depend on the order. */
final class WrittenBytes {

  private final TensorInfo info;
  private final RangeSet<Long> written = TreeRangeSet.create();

  WrittenBytes(TensorInfo info) {
    this.info = info;
  }

  TensorInfo info() {
    return info;
  }

  /** Claims a stretch before it is written. */
  synchronized void claim(long offset, int count) {
    if (offset < 0 || count > info.byteLength() - offset) {
      throw new IndexOutOfBoundsException("%d bytes at byte %d of tensor \"%s\", which is %s and has %d bytes"
          .formatted(count, offset, info.name(), info.describe(), info.byteLength()));
    }
    Range<Long> range = Range.closedOpen(offset, offset + count);
    if (!range.isEmpty() && written.intersects(range)) {
      throw new IllegalStateException("bytes %d to %d of tensor \"%s\" were written before, at least in part; write each byte once"
          .formatted(offset, offset + count, info.name()));
    }
    written.add(range);
  }

  /** Returns what is missing, in words; empty if every byte was written. */
  synchronized Optional<String> missing() {
    ImmutableRangeSet<Long> missing = ImmutableRangeSet.of(Range.closedOpen(0L, info.byteLength())).difference(written);
    return missing.isEmpty() ? Optional.empty() : Optional.of("\"%s\" (%s): %d to %d of %d bytes".formatted(info.name(), info.describe(),
        missing.span().lowerEndpoint(), missing.span().upperEndpoint(), info.byteLength()));
  }
}
