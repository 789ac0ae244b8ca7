package io.modelweave.cka.distances;

/** How far apart two samples of one side are. */
public enum Dissimilarity {
  /** One minus the Pearson correlation of the two rows over the features, in [0, 2]: 0 or 2 of two features; needs rows that are not constant. */
  CORRELATION,
  /** The Euclidean distance of the two rows. */
  EUCLIDEAN,
  /** Its square. */
  SQUARED_EUCLIDEAN
}
