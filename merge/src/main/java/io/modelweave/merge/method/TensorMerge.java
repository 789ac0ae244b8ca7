package io.modelweave.merge.method;

import org.jspecify.annotations.Nullable;

/** A merge under way: first passes, one after the other, then the result, chunk by chunk. */
public interface TensorMerge {

  /** Returns the pass to make next, which is complete when this is asked again; null when there is none left. */
  default @Nullable Pass next() {
    return null;
  }

  /**
   * Computes elements of the result; called from several threads.
   *
   * @param out takes {@code chunk.length()} elements
   */
  void merge(Chunk chunk, double[] out);
}
