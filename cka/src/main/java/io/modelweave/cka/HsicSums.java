package io.modelweave.cka;

/**
 * The four sums over a pair of Gram matrices from which every HSIC estimate is made. {@code M = HKH} and {@code N = HLH} are the centred
 * matrices, {@code U(K)} and {@code U(L)} the U-centred ones, whose diagonals and row sums are 0.
 *
 * <p>{@code U} is the one that is summed: kernels of far apart samples leave {@code M} little but its diagonal, and what is beside it could
 * not be had by subtraction.
 *
 * @param n the number of samples
 * @param unbiased {@code ⟨U(K), U(L)⟩}
 * @param diagonal {@code Σ M_ii N_ii}
 * @param traceX {@code Σ M_ii}
 * @param traceY {@code Σ N_ii}
 */
record HsicSums(double n, double unbiased, double diagonal, double traceX, double traceY) {

  /**
   * Returns {@code Σ M_ij N_ij} over {@code i ≠ j}.
   *
   * <p>The rows of {@code M} sum to 0, so without its diagonal they sum to minus the diagonal: {@code U_ij = M_ij + (M_ii + M_jj)/(n-2)
   * - tr M/((n-1)(n-2))}, and multiplying out leaves only these sums. Source: Székely and Rizzo 2014.
   */
  double hollow() {
    return unbiased + 2 * diagonal / (n - 2) - traceX * traceY / ((n - 1) * (n - 2));
  }

  /** Returns {@code ⟨M, N⟩}. */
  double centered() {
    return hollow() + diagonal;
  }

  /** Returns sums of which no more than the unbiased one is known, and needed. */
  static HsicSums ofUnbiased(double n, double unbiased) {
    return new HsicSums(n, unbiased, Double.NaN, Double.NaN, Double.NaN);
  }

  /** Returns the sums with both sides exchanged. */
  HsicSums transposed() {
    return new HsicSums(n, unbiased, diagonal, traceY, traceX);
  }

  /** Returns the sums of linear kernels, {@code M = X Xᵀ}, from {@code squares = ‖XᵀY‖² = ⟨M, N⟩}. */
  static HsicSums ofLinear(double n, double squares, double diagonal, double traceX, double traceY) {
    double unbiased = squares - n / (n - 2) * diagonal + traceX * traceY / ((n - 1) * (n - 2));
    return new HsicSums(n, unbiased, diagonal, traceX, traceY);
  }
}
