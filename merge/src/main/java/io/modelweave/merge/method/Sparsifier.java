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
}
