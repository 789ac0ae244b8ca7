package io.modelweave.cka;

/**
 * What row sums over U-centred matrices differ by from those over centred ones.
 *
 * <p>{@code U_ij = M_ij + α_i + α_j} off the diagonal with {@code α_i = M_ii/(n-2) - tr M/(2(n-1)(n-2))}, and {@code V} by {@code β}
 * likewise; the rows of {@code U} and {@code V} sum to 0.
 */
record RowOffsets(HsicSums whole) {

  /** Returns {@code Σ_j U_ij N_jj - Σ_j M_ij N_jj} over {@code j ≠ i}, where {@code M_ii} is a and {@code N_ii} is b. */
  double ofX(double a, double b) {
    double alpha = alpha(a);
    double products = whole.diagonal() / (whole.n() - 2) - shift(whole.traceX()) * whole.traceY();
    return alpha * (whole.traceY() - b) + products - alpha * b;
  }

  /** Returns {@code Σ_j V_ij M_jj - Σ_j N_ij M_jj} over {@code j ≠ i}. */
  double ofY(double a, double b) {
    double beta = beta(b);
    double products = whole.diagonal() / (whole.n() - 2) - shift(whole.traceY()) * whole.traceX();
    return beta * (whole.traceX() - a) + products - beta * a;
  }

  /**
   * Returns {@code Σ_j U_ij V_ij - Σ_j M_ij N_ij} over {@code j ≠ i}.
   *
   * @param rowOfX {@code Σ_j U_ij N_jj}
   * @param rowOfY {@code Σ_j V_ij M_jj}
   */
  double ofBoth(double a, double b, double rowOfX, double rowOfY) {
    double n = whole.n();
    double alpha = alpha(a);
    double beta = beta(b);
    double sumAlpha = whole.traceX() / (n - 2) - n * shift(whole.traceX());
    double sumBeta = whole.traceY() / (n - 2) - n * shift(whole.traceY());
    double products = whole.diagonal() / ((n - 2) * (n - 2))
        - 2 * shift(whole.traceX()) * whole.traceY() / (n - 2)
        + n * shift(whole.traceX()) * shift(whole.traceY());
    double offsets = (n - 1) * alpha * beta + alpha * (sumBeta - beta) + beta * (sumAlpha - alpha) + products - alpha * beta;
    return (rowOfX + rowOfY) / (n - 2) - offsets;
  }

  private double alpha(double a) {
    return a / (whole.n() - 2) - shift(whole.traceX());
  }

  private double beta(double b) {
    return b / (whole.n() - 2) - shift(whole.traceY());
  }

  private double shift(double trace) {
    return trace / (2 * (whole.n() - 1) * (whole.n() - 2));
  }
}
