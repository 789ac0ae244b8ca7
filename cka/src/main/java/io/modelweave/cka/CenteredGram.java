package io.modelweave.cka;

/** A Gram matrix of one layer, centred, as far as HSIC needs it. Grams of one map are all of the same class. */
interface CenteredGram extends AutoCloseable {

  /** Returns the diagonal of {@code H K H}, which is not to be modified. */
  double[] diagonal();

  /** Returns what HSIC is made of, for this Gram matrix and another of the same class and samples. */
  PairSums with(CenteredGram other);

  @Override
  void close();

  /**
   * Returns {@code α} for which the U-centred matrix is {@code U_ij = (HKH)_ij + α_i + α_j} off the diagonal.
   *
   * <p>The rows of {@code HKH} sum to 0, so without its diagonal they sum to minus the diagonal: the row and grand means of the
   * U-centring of Székely and Rizzo (2014) need no pass over the matrix.
   */
  static double[] offsets(double[] diagonal) {
    double n = diagonal.length;
    double trace = PairSums.sum(diagonal);
    double[] offsets = new double[diagonal.length];
    for (int i = 0; i < offsets.length; i++) {
      offsets[i] = diagonal[i] / (n - 2) - trace / (2 * (n - 1) * (n - 2));
    }
    return offsets;
  }
}
