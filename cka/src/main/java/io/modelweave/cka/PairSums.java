package io.modelweave.cka;

/**
 * The sums over a pair of Gram matrices, and what of them belongs to single samples: see {@link HsicSums} for {@code U}, {@code V = U(L)},
 * {@code M} and {@code N}.
 *
 * @param whole the sums over all samples
 * @param diagonalX {@code M_ii} of each of the n samples
 * @param diagonalY {@code N_ii} of each of the n samples
 * @param leftOut the samples that the following are of, in ascending order
 * @param rows {@code Σ_j U_ij V_ij}
 * @param rowsOfX {@code Σ_j U_ij N_jj}, or nothing where only DEBIASED is to be had without samples
 * @param rowsOfY {@code Σ_j V_ij M_jj} likewise
 */
record PairSums(HsicSums whole, double[] diagonalX, double[] diagonalY, int[] leftOut, double[] rows, double[] rowsOfX, double[] rowsOfY) {

  /** Returns sums that are known as a whole only. */
  static PairSums of(HsicSums whole) {
    double[] none = {};
    return new PairSums(whole, none, none, new int[0], none, none, none);
  }

  /**
   * Returns the sums without sample {@code leftOut[k]}, exactly, in constant time.
   *
   * <p>No estimate changes by offsets of rows and columns, so that each may be taken of what is left of a matrix that is centred with
   * the sample: of {@code U}, whose rows then sum to {@code -U_ji} and whose total is 0, or of {@code M}, whose rows then sum to
   * {@code -M_ji} and whose total is {@code M_ii}. Centring these again takes only sums over row {@code i}.
   */
  private HsicSums without(int k) {
    int i = leftOut[k];
    double n = whole.n();
    double m = n - 1;
    double a = diagonalX[i];
    double b = diagonalY[i];
    RowOffsets offsets = new RowOffsets(whole);
    double ofM = rowsOfX[k] - offsets.ofX(a, b);
    double ofN = rowsOfY[k] - offsets.ofY(a, b);
    double hollow = rows[k] - offsets.ofBoth(a, b, rowsOfX[k], rowsOfY[k]);
    double diagonal = whole.diagonal() - a * b
        + 2 * (ofM + ofN) / m
        + ((whole.traceX() - a) * b + (whole.traceY() - b) * a + 4 * hollow) / (m * m)
        - 3 * a * b / (m * m * m);
    double shrunk = 1 + 1 / m;
    return new HsicSums(m, unbiasedWithout(k), diagonal, whole.traceX() - a * shrunk,
        whole.traceY() - b * shrunk);
  }

  /** Returns what an estimator needs of the sums without sample {@code leftOut[k]}. */
  HsicSums without(int k, HsicEstimator estimator) {
    return estimator == HsicEstimator.DEBIASED ? HsicSums.ofUnbiased(whole.n() - 1, unbiasedWithout(k)) : without(k);
  }

  private double unbiasedWithout(int k) {
    return whole.unbiased() - 2 * rows[k] * (whole.n() - 2) / (whole.n() - 3);
  }

  /**
   * Returns {@code ⟨M, N⟩} less its mean over all {@code n!} ways to pair the samples, {@code tr M tr N/(n-1)}: what {@code U} has of it,
   * and what the diagonals vary by together.
   */
  double beyondChance() {
    return whole.unbiased() + diagonalCovariance() / (whole.n() - 2);
  }

  /** Returns {@code n Σ (M_ii - tr M/n)(N_ii - tr N/n)}: exactly 0 where a diagonal does not vary. */
  double diagonalCovariance() {
    double n = whole.n();
    if (diagonalX.length == 0) {
      return n * whole.diagonal() - whole.traceX() * whole.traceY();
    }
    // From the first, because the mean of equal numbers is rounded, and that is more than all else where a bandwidth is tiny.
    double meanX = 0;
    double meanY = 0;
    for (int i = 0; i < diagonalX.length; i++) {
      meanX += (diagonalX[i] - diagonalX[0]) / n;
      meanY += (diagonalY[i] - diagonalY[0]) / n;
    }
    double covariance = 0;
    for (int i = 0; i < diagonalX.length; i++) {
      covariance += (diagonalX[i] - diagonalX[0] - meanX) * (diagonalY[i] - diagonalY[0] - meanY);
    }
    return n * covariance;
  }

  /** Returns the sums with both sides exchanged. */
  PairSums transposed() {
    return new PairSums(whole.transposed(), diagonalY, diagonalX, leftOut, rows, rowsOfY, rowsOfX);
  }

  static double sum(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum;
  }

  static double dot(double[] left, double[] right) {
    double sum = 0;
    for (int i = 0; i < left.length; i++) {
      sum += left[i] * right[i];
    }
    return sum;
  }
}
