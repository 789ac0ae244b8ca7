package io.modelweave.cka;

/**
 * A U-centred Gram matrix of any kernel, held as its strict upper triangle: comparing two is one pass over both.
 *
 * <p>{@code U_ij = K_ij - k_i/(n-2) - k_j/(n-2) + s/((n-1)(n-2))} where {@code k} are the row sums and {@code s} the sum of
 * {@code K} without its diagonal. Its rows sum to 0, which makes the unbiased HSIC a plain dot product and, unlike the sums of
 * Song et al., loses no digits by subtraction. Source: Székely and Rizzo 2014.
 */
final class TriangularGram implements CenteredGram {

  private final double[] triangle;
  private final double[] diagonal;
  private final double[] offsets;

  private TriangularGram(double[] triangle, double[] diagonal) {
    this.triangle = triangle;
    this.diagonal = diagonal;
    this.offsets = CenteredGram.offsets(diagonal);
  }

  /**
   * Returns the centred form of a Gram matrix, which need not be centred.
   *
   * @param triangle its strict upper triangle, row by row. Modified: it becomes this object's
   * @param kernelDiagonal its diagonal
   */
  static TriangularGram of(double[] triangle, double[] kernelDiagonal) {
    int n = kernelDiagonal.length;
    double[] rows = new double[n];
    int at = 0;
    for (int i = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++, at++) {
        rows[i] += triangle[at];
        rows[j] += triangle[at];
      }
    }
    double total = PairSums.sum(rows);
    double grandMean = (total + PairSums.sum(kernelDiagonal)) / ((double) n * n);
    double[] diagonal = new double[n];
    for (int i = 0; i < n; i++) {
      diagonal[i] = kernelDiagonal[i] - 2 * (rows[i] + kernelDiagonal[i]) / n + grandMean;
    }
    double centre = total / ((n - 1.0) * (n - 2.0));
    at = 0;
    for (int i = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++, at++) {
        triangle[at] += centre - (rows[i] + rows[j]) / (n - 2);
      }
    }
    return new TriangularGram(triangle, diagonal);
  }

  @Override
  public double[] diagonal() {
    return diagonal;
  }

  @Override
  public PairSums with(CenteredGram other) {
    TriangularGram that = (TriangularGram) other;
    int n = diagonal.length;
    double[] rows = new double[n];
    int at = 0;
    for (int i = 0; i < n; i++) {
      double row = 0;
      for (int j = i + 1; j < n; j++, at++) {
        double product = triangle[at] * that.triangle[at];
        row += product;
        rows[j] += product;
      }
      rows[i] += row;
    }
    double hollow = PairSums.sum(rows);
    // HKH is U less its offsets; the rows of U sum to 0, so that only offsets meet offsets.
    double centered = hollow + 2 * (n - 2.0) * PairSums.dot(offsets, that.offsets)
        + 2 * PairSums.sum(offsets) * PairSums.sum(that.offsets) + PairSums.dot(diagonal, that.diagonal);
    return new PairSums(centered, hollow, rows);
  }

  @Override
  public void close() {
    // Only Java heap.
  }
}
