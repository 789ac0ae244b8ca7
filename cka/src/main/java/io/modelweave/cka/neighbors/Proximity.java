package io.modelweave.cka.neighbors;

import io.modelweave.cka.Invariance;

/** What makes one sample a nearer neighbour than another. */
public enum Proximity {
  /**
   * A larger inner product of the features as they are, so that long rows are near to many: with a common offset of the features
   * the same few are the neighbours of all.
   */
  INNER_PRODUCT(Invariance.ORTHOGONAL, Invariance.ISOTROPIC_SCALING),
  /** A larger cosine of the features as they are; undefined for a row of zeros. */
  COSINE(Invariance.ORTHOGONAL, Invariance.ISOTROPIC_SCALING),
  /** A smaller Euclidean distance. */
  EUCLIDEAN(Invariance.ORTHOGONAL, Invariance.ISOTROPIC_SCALING, Invariance.TRANSLATION);

  private final Invariance[] invariances;

  Proximity(Invariance... invariances) {
    this.invariances = invariances;
  }

  Invariance[] invariances() {
    return invariances.clone();
  }
}
