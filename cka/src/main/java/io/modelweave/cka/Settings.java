package io.modelweave.cka;

/**
 * What a {@link Cka} was asked for besides the kernel.
 *
 * @param estimator that {@link Score#value()} is made with
 * @param computation in which space
 * @param tile the edge of the largest tile of a Gram matrix that is held
 * @param inDouble whether to compute in DOUBLE what is given in FLOAT
 * @param exactError whether to leave out every sample in turn, however many
 */
record Settings(HsicEstimator estimator, Computation computation, int tile, boolean inDouble, boolean exactError) {

  static final Settings DEFAULT = new Settings(HsicEstimator.DEBIASED, Computation.CHEAPEST, 256, false, false);

  /** Samples that are all left out in feature space, where leaving one out costs {@code O(pq)}. */
  private static final int ALL_LEFT_OUT = 1024;

  private static final int SOME_LEFT_OUT = 256;
  private static final long SEED = 11;

  /** Returns the samples to leave out in feature space. */
  int[] leftOut(int n) {
    return Sampling.distinct(n, exactError || n <= ALL_LEFT_OUT ? n : SOME_LEFT_OUT, SEED);
  }
}
