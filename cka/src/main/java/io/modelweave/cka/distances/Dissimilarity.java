package io.modelweave.cka.distances;

/** How far apart two samples of one side are. */
public enum Dissimilarity {
  /**
   * One minus the Pearson correlation of the two rows over the features, in [0, 2], and only 0 or 2 where there are two features; needs rows
   * that are not constant.
   */
  CORRELATION,
  /** The Euclidean distance of the two rows. */
  EUCLIDEAN,
  /** Its square. */
  SQUARED_EUCLIDEAN
}
