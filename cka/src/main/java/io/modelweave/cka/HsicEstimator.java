package io.modelweave.cka;

/**
 * Estimates of the Hilbert-Schmidt independence criterion of two Gram matrices {@code K} and {@code L} of {@code n} samples.
 *
 * <p>{@code H} is the centring matrix, {@code U} the U-centring of Székely and Rizzo 2014.
 */
public enum HsicEstimator {

  /** {@code ⟨HKH, HLH⟩/(n-1)²}: large for any features when {@code n} is small. Source: Gretton et al. 2005, eq. 9. */
  BIASED {
    @Override
    double hsic(HsicSums sums) {
      return sums.centered() / ((sums.n() - 1) * (sums.n() - 1));
    }
  },

  /** {@code ⟨U(K), U(L)⟩/(n(n-3))}, the unbiased estimate, of mean 0 for independent features. Source: Song et al. 2012, eq. 5. */
  DEBIASED {
    @Override
    double hsic(HsicSums sums) {
      return sums.unbiased() / (sums.n() * (sums.n() - 3));
    }
  },

  /**
   * {@code Σ (HKH)_ij (HLH)_ij/(n(n-3))} over {@code i ≠ j}: centred, then without the diagonal. Its CKA with the linear kernel is the
   * adjusted RV coefficient. Source: Lange et al. 2023.
   */
  LANGE {
    @Override
    double hsic(HsicSums sums) {
      return sums.hollow() / (sums.n() * (sums.n() - 3));
    }
  };

  /** Products between these have all their digits. */
  private static final double SMALLEST = 0x1p-900;
  private static final double LARGEST = 0x1p900;

  abstract double hsic(HsicSums sums);

  /** Returns {@code HSIC(K, L)/√(HSIC(K, K) HSIC(L, L))}. */
  double cka(HsicSums xy, HsicSums xx, HsicSums yy) {
    return ratio(hsic(xy), hsic(xx), hsic(yy));
  }

  /** Returns {@code xy/√(xx yy)} where that product may be too small or too large for a DOUBLE: exactly 1 of three equal numbers. */
  static double ratio(double xy, double xx, double yy) {
    double product = xx * yy;
    if (product > SMALLEST && product < LARGEST) {
      return xy / Math.sqrt(product);
    }
    int unit = (Math.getExponent(xx) + Math.getExponent(yy)) / 2;
    // By powers of two, which round nothing.
    return Math.scalb(xy, -unit) / Math.sqrt(Math.scalb(xx, -unit) * Math.scalb(yy, -unit));
  }
}
