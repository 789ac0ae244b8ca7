package io.modelweave.cka;

import io.modelweave.core.BatchWorkers;

/**
 * What a {@link Cka} was asked for besides the kernel.
 *
 * @param estimator that {@link Score#value()} is made with
 * @param computation in which space
 * @param tile the edge of the largest tile of a Gram matrix that is held
 * @param inDouble whether to compute in DOUBLE what is given in FLOAT
 * @param exactError whether to leave out every sample in turn, however many
 * @param workers that layers and samples are shared out to
 */
record Settings(HsicEstimator estimator, Computation computation, int tile, boolean inDouble, boolean exactError, BatchWorkers workers) {

  static final Settings DEFAULT = new Settings(HsicEstimator.DEBIASED, Computation.CHEAPEST, 256, false, false, BatchWorkers.single());

  /** Samples that are all left out in feature space, where leaving one out costs {@code O(pq)}. */
  private static final int ALL_LEFT_OUT = 1024;

  private static final int SOME_LEFT_OUT = 128;
  private static final long SEED = 11;

  Settings estimator(HsicEstimator other) {
    return new Settings(other, computation, tile, inDouble, exactError, workers);
  }

  Settings computation(Computation other) {
    return new Settings(estimator, other, tile, inDouble, exactError, workers);
  }

  Settings tile(int other) {
    return new Settings(estimator, computation, other, inDouble, exactError, workers);
  }

  Settings inDouble(boolean other) {
    return new Settings(estimator, computation, tile, other, exactError, workers);
  }

  Settings exactError(boolean other) {
    return new Settings(estimator, computation, tile, inDouble, other, workers);
  }

  Settings workers(BatchWorkers other) {
    return new Settings(estimator, computation, tile, inDouble, exactError, other);
  }

  /** Returns the samples to leave out in feature space. */
  int[] leftOut(int n) {
    return Sampling.distinct(n, exactError || n <= ALL_LEFT_OUT ? n : SOME_LEFT_OUT, SEED);
  }
}
