package io.modelweave.merge.method;

import java.util.List;

/** Which elements of a tensor count as one vector. */
public enum Partition {
  /** All of them. */
  WHOLE,
  /** Those along the last axis; all of a tensor with one axis. */
  ROWS,
  /** Those along the first axis; all of a tensor with one axis. */
  COLUMNS;

  /** Returns how many consecutive elements must stay together. */
  public long indivisible(List<Long> shape) {
    return this == ROWS && !shape.isEmpty() ? Math.max(1, shape.get(shape.size() - 1)) : 1;
  }

  /** Returns the number of vectors whose elements lie apart, for which statistics span chunks; 1 unless there are columns. */
  int interleaved(TensorContext tensor) {
    return this == COLUMNS && tensor.shape().size() > 1 ? Math.toIntExact(tensor.length() / tensor.shape().get(0)) : 1;
  }
}
