package io.modelweave.merge.method;

import org.jspecify.annotations.Nullable;

/** Keeps some entries of a task vector, perhaps scaled, and drops the others. */
public interface Sparsifier {

  /** Returns the next pass that it needs, null when there is none left. */
  default @Nullable Pass next() {
    return null;
  }

  /** Sets {@code factors} to what each entry of a model's task vector is multiplied by; 0 drops it. */
  void factors(Chunk chunk, int model, double[] factors);

  /**
   * Returns a number such that entries of a chunk are kept, as they are, if the bits of their magnitude are no smaller, and otherwise
   * dropped; -1 if there is none.
   */
  default long least(Chunk chunk, int model) {
    return -1;
  }
}
