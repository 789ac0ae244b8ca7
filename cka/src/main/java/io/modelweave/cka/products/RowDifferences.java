package io.modelweave.cka.products;

import org.nd4j.linalg.api.ndarray.INDArray;

/** Squared distances of single pairs of rows by their differences, exact where those by products are rounding. */
public final class RowDifferences {

  private final double[] left;
  private final double[] right;
  private final int columns;

  /** Copies rows {@code x [a, d]} and {@code y [b, d]}, which may be the same array. */
  public RowDifferences(INDArray x, INDArray y) {
    left = HostFloats.doubles(x);
    right = x == y ? left : HostFloats.doubles(y);
    columns = (int) x.size(1);
  }

  /** Returns {@code ‖x_i - y_j‖²}. */
  public double squared(int i, int j) {
    double sum = 0;
    for (int k = 0; k < columns; k++) {
      double difference = left[i * columns + k] - right[j * columns + k];
      sum += difference * difference;
    }
    return sum;
  }
}
