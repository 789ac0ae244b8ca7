package io.modelweave.cka;

/** Estimates of the Hilbert-Schmidt independence criterion from the sums over {@code n} samples. */
enum HsicEstimator {

  /** {@code ⟨HKH, HLH⟩/(n-1)²}. Source: Gretton et al. 2005, eq. 9. */
  BIASED {
    @Override
    double hsic(PairSums sums) {
      double n = sums.rows().length;
      return sums.centered() / ((n - 1) * (n - 1));
    }
  },

  /** {@code ⟨U(K), U(L)⟩/(n(n-3))}, which equals the unbiased estimate of Song et al. 2012, eq. 5. */
  DEBIASED {
    @Override
    double hsic(PairSums sums) {
      double n = sums.rows().length;
      return sums.hollow() / (n * (n - 3));
    }
  };

  abstract double hsic(PairSums sums);

  /** Returns {@code HSIC(K, L)/√(HSIC(K, K) HSIC(L, L))}. */
  double cka(PairSums xy, PairSums xx, PairSums yy) {
    return hsic(xy) / Math.sqrt(hsic(xx) * hsic(yy));
  }

  /**
   * Returns the debiased HSIC without sample {@code i}, exactly, in constant time; needs {@code n ≥ 5}.
   *
   * <p>The estimate ignores offsets of rows and columns, so it may be taken of {@code U(K)} without row and column {@code i}. Its
   * row sums are then {@code -U(K)_ji} and its total 0, and Song's formula for {@code n-1} samples is left with the terms
   * {@code hollow - 2 rows_i} and {@code rows_i}.
   */
  static double debiasedWithout(int i, PairSums sums) {
    double n = sums.rows().length;
    return (sums.hollow() - 2 * sums.rows()[i] * (n - 2) / (n - 3)) / ((n - 1) * (n - 4));
  }
}
