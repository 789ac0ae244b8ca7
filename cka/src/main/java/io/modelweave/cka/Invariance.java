package io.modelweave.cka;

import java.util.Set;

/**
 * A change of either side's features that leaves a {@link Similarity} as it was, up to rounding.
 *
 * <p>A measure declares an invariance only if it holds on both sides. Source: the classes of Klabunde et al. 2023
 * (arXiv 2305.06329), section 2.
 */
public enum Invariance {
  /** The columns in another order. */
  PERMUTATION,
  /** {@code X Q} with {@code QᵀQ = I}: rotations and reflections of the feature space. */
  ORTHOGONAL,
  /** {@code c X} with {@code c > 0}. */
  ISOTROPIC_SCALING,
  /** {@code X + 1bᵀ}: the same vector added to every sample. */
  TRANSLATION,
  /** {@code X A} with any invertible {@code A}; implies all but {@link #TRANSLATION}. */
  INVERTIBLE_LINEAR;

  /** Returns the invariances that come with this one, itself included. */
  Set<Invariance> implied() {
    return switch (this) {
      case INVERTIBLE_LINEAR -> Set.of(this, ORTHOGONAL, ISOTROPIC_SCALING, PERMUTATION);
      case ORTHOGONAL -> Set.of(this, PERMUTATION);
      case PERMUTATION, ISOTROPIC_SCALING, TRANSLATION -> Set.of(this);
    };
  }
}
