package io.modelweave.moe;

import org.nd4j.linalg.api.ndarray.INDArray;

/** How often each expert of a block was chosen since the last update of training, and the rule that evens it out. */
final class LoadCounter {

  private final long[] counts;

  LoadCounter(int experts) {
    this.counts = new long[experts];
  }

  /** Adds the counts of one backward pass. */
  synchronized void add(int[] loads) {
    for (int e = 0; e < counts.length; e++) {
      counts[e] += loads[e];
    }
  }

  /**
   * Moves each bias by {@code rate} towards the mean load, {@code b_e += rate sign(mean - load_e)}, centres them, and forgets the counts.
   *
   * <p>Source: Wang et al., "Auxiliary-Loss-Free Load Balancing", 2024, arXiv 2408.15664, algorithm 1; the centring is ours.
   *
   * @param biases {@code [1, E]}, modified
   */
  synchronized void balance(INDArray biases, double rate) {
    long sum = 0;
    for (long count : counts) {
      sum += count;
    }
    double[] moved = new double[counts.length];
    double mean = 0;
    for (int e = 0; e < counts.length; e++) {
      moved[e] = biases.getDouble(0, e) + rate * Long.signum(sum - counts[e] * counts.length);
      mean += moved[e] / counts.length;
      counts[e] = 0;
    }
    for (int e = 0; e < counts.length; e++) {
      biases.putScalar(0, e, moved[e] - mean);
    }
  }
}
