package io.modelweave.core.rows;

import org.nd4j.linalg.api.ndarray.INDArray;

/** Sums over parts of arrays, in double. Four chains of additions, because each waits for the one before. */
public final class Sums {

  private Sums() {}

  /** Returns the sum of {@code count} numbers. */
  static double of(float[] a, int from, int count) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int end = from + count;
    int i = from;
    for (; i + 3 < end; i += 4) {
      s0 += a[i];
      s1 += a[i + 1];
      s2 += a[i + 2];
      s3 += a[i + 3];
    }
    for (; i < end; i++) {
      s0 += a[i];
    }
    return s0 + s1 + s2 + s3;
  }

  /** Returns the sum of the squares of all elements of an array. */
  public static double ofSquares(INDArray array) {
    try (HostRows in = new HostRows(array)) {
      int step = in.blockRows();
      float[] values = new float[step * in.columns()];
      double sum = 0;
      for (int row = 0; row < in.rows(); row += step) {
        int rows = Math.min(step, in.rows() - row);
        in.read(row, rows, values);
        sum += ofProducts(values, values, 0, rows * in.columns());
      }
      return sum;
    }
  }

  /** Returns the scalar product of two rows that start at the same place. */
  static double ofProducts(float[] a, float[] b, int from, int count) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int end = from + count;
    int i = from;
    for (; i + 3 < end; i += 4) {
      s0 += (double) a[i] * b[i];
      s1 += (double) a[i + 1] * b[i + 1];
      s2 += (double) a[i + 2] * b[i + 2];
      s3 += (double) a[i + 3] * b[i + 3];
    }
    for (; i < end; i++) {
      s0 += (double) a[i] * b[i];
    }
    return s0 + s1 + s2 + s3;
  }
}
