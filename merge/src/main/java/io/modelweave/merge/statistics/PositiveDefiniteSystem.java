package io.modelweave.merge.statistics;

/**
 * Solves {@code A X = B} for a symmetric positive definite A by Cholesky's {@code A = U^T U}, in plain double arithmetic.
 *
 * <p>Why not ND4J: of 1.0.0-M2.1, {@code trsm} passes the wrong size, {@code solve} takes 13 s at n = 1500 and {@code cholesky} is
 * particular about the last bit of symmetry. Cost: {@code n^3 / 3 + 2 n^2 m} multiplications, row by row, so that the JIT vectorises
 * them.
 *
 * <p>Source: Golub and Van Loan, "Matrix Computations", 4th edition, algorithm 4.2.2 (outer product Cholesky), by rows of U.
 */
final class PositiveDefiniteSystem {

  private final double[][] factor;

  /**
   * Factors A.
   *
   * @param a {@code [n, n]}; the upper triangle is read, and overwritten
   * @throws ArithmeticException if A is not positive definite to working precision
   */
  PositiveDefiniteSystem(double[][] a) {
    this.factor = a;
    for (int k = 0; k < a.length; k++) {
      double pivot = a[k][k];
      if (!(pivot > 0)) {
        throw new ArithmeticException("pivot %d of %d is %s".formatted(k, a.length, pivot));
      }
      double root = Math.sqrt(pivot);
      for (int j = k; j < a.length; j++) {
        a[k][j] /= root;
      }
      for (int i = k + 1; i < a.length; i++) {
        subtract(a[k][i], a[k], a[i], i);
      }
    }
  }

  /** Replaces B {@code [n, m]} by the solution. */
  void solveInPlace(double[][] b) {
    int n = factor.length;
    for (int k = 0; k < n; k++) { // U^T Y = B
      divide(b[k], factor[k][k]);
      for (int i = k + 1; i < n; i++) {
        subtract(factor[k][i], b[k], b[i], 0);
      }
    }
    for (int k = n - 1; k >= 0; k--) { // U X = Y
      divide(b[k], factor[k][k]);
      for (int i = 0; i < k; i++) {
        subtract(factor[i][k], b[k], b[i], 0);
      }
    }
  }

  private static void subtract(double scale, double[] row, double[] from, int start) {
    for (int j = start; j < from.length; j++) {
      from[j] -= scale * row[j];
    }
  }

  private static void divide(double[] row, double divisor) {
    for (int j = 0; j < row.length; j++) {
      row[j] /= divisor;
    }
  }
}
