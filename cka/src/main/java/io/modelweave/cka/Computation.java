package io.modelweave.cka;

/** How sums over pairs of samples are computed. The ways agree up to rounding and differ in cost. */
public enum Computation {
  /** Whichever of the others needs fewer operations for the shapes at hand. */
  CHEAPEST,
  /**
   * By products of features {@code XᵀY}: {@code n(p + q)²} operations for a pair, for many samples of narrow layers. Linear kernel only.
   *
   * <p>Of more than 1024 samples, 128 drawn with a fixed seed are left out for the standard error, which is then itself known to 6 %.
   */
  FEATURE_SPACE,
  /**
   * By Gram matrices, in tiles of which two are held for each layer: {@code n²(p + q)} operations for a pair, for few samples of wide
   * layers, many layers, and all kernels but the linear.
   */
  GRAM_SPACE
}
