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
    double[] x = fromMean(diagonalX);
    return n * dot(x, diagonalX == diagonalY ? x : fromMean(diagonalY));
  }

  /** Returns what values differ by from their mean. From the first, because the mean of equal numbers is rounded: here they are 0. */
  private static double[] fromMean(double[] values) {
    double[] differences = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      differences[i] = values[i] - values[0];
    }
    double mean = sum(differences) / values.length;
    for (int i = 0; i < values.length; i++) {
      differences[i] -= mean;
    }
    return differences;
  }

  /** Returns the sums with both sides exchanged. */
  PairSums transposed() {
    return new PairSums(whole.transposed(), diagonalY, diagonalX, leftOut, rows, rowsOfY, rowsOfX);
  }

  /** Returns the sum: of four chains, because additions wait for the one before. */
  static double sum(double[] values) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = 0;
    for (; i + 3 < values.length; i += 4) {
      a += values[i];
      b += values[i + 1];
      c += values[i + 2];
      d += values[i + 3];
    }
    for (; i < values.length; i++) {
      a += values[i];
    }
    return a + b + (c + d);
  }

  static double dot(double[] left, double[] right) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = 0;
    for (; i + 3 < left.length; i += 4) {
      a += left[i] * right[i];
      b += left[i + 1] * right[i + 1];
      c += left[i + 2] * right[i + 2];
      d += left[i + 3] * right[i + 3];
    }
    for (; i < left.length; i++) {
      a += left[i] * right[i];
    }
    return a + b + (c + d);
  }
}
