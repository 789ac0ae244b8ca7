package io.modelweave.cka.products;

import com.google.common.math.Quantiles;
import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Euclidean distances of rows, by {@code ‖x‖² + ‖y‖² - 2 x·y}: good to the last digits only of centred features.
 *
 * <p>What is left of two rows that are nearly the same is rounding, whose root is far more than that: it is computed again from their
 * difference, so that equal rows are at distance exactly 0.
 */
public final class Distances {

  /** Rows whose distances are held at once. */
  private static final int BLOCK = 512;

  /** Roots of squares this much smaller than their terms are rounded by more than some 1e-6 of the length of the rows. */
  private static final double CANCELLED_FLOAT = 1e-4;

  /** The same for 1e-11. */
  private static final double CANCELLED_DOUBLE = 1e-10;

  private Distances() {}

  /** Returns the part of {@code ‖x‖² + ‖y‖²} below which {@code ‖x - y‖²} is mostly rounding, if products are of this type. */
  public static double cancelled(DataType type) {
    return type == DataType.FLOAT ? CANCELLED_FLOAT : CANCELLED_DOUBLE;
  }

  /** Returns {@code ‖x_i - y_j‖²}, {@code [a, b]} in 'c' order, never below 0. */
  public static INDArray squared(INDArray x, INDArray y) {
    return fromProducts(RowProducts.FASTEST.between(x, y), x, y);
  }

  /** Returns {@code ‖x_i - x_j‖²}, {@code [a, a]}, with a diagonal of exactly 0. */
  public static INDArray squared(INDArray x) {
    INDArray squares = fromProducts(RowProducts.FASTEST.within(x), x, x);
    diagonal(squares).assign(0);
    return squares;
  }

  /** Returns the diagonal of a whole square array, as a view. */
  public static INDArray diagonal(INDArray square) {
    long n = square.size(0);
    return Nd4j.create(square.data(), new long[] {n}, new long[] {n + 1}, square.offset(), square.ordering());
  }

  private static INDArray fromProducts(INDArray products, INDArray x, INDArray y) {
    double[] ofX = RowNorms.squared(x);
    double[] ofY = x == y ? ofX : RowNorms.squared(y);
    try (INDArray left = column(ofX, x.dataType()); INDArray right = column(ofY, x.dataType())) {
      products.muli(-2).addiColumnVector(left.reshape(ofX.length, 1)).addiRowVector(right.reshape(1, ofY.length));
    }
    if (x == y) {
      // Out of the way of the smallest.
      diagonal(products).assign(Double.MAX_VALUE);
    }
    double cancelled = cancelled(x.dataType());
    double most = Arrays.stream(ofX).max().orElse(0) + Arrays.stream(ofY).max().orElse(0);
    if (products.minNumber().doubleValue() < cancelled * most) {
      differences(products, x, ofX, y, ofY, cancelled);
    }
    return products;
  }

  /** Computes the squares again that cancelled. */
  private static void differences(INDArray squares, INDArray x, double[] ofX, INDArray y, double[] ofY, double cancelled) {
    double[] values = HostFloats.doubles(squares);
    RowDifferences between = new RowDifferences(x, y);
    for (int i = 0; i < ofX.length; i++) {
      for (int j = 0; j < ofY.length; j++) {
        int at = i * ofY.length + j;
        if (values[at] < cancelled * (ofX[i] + ofY[j])) {
          values[at] = between.squared(i, j);
        }
      }
    }
    try (INDArray better = Nd4j.create(values, squares.shape(), new long[] {ofY.length, 1}, 'c', squares.dataType())) {
      squares.assign(better);
    }
  }

  private static INDArray column(double[] values, DataType type) {
    return Nd4j.create(values, new long[] {values.length}, new long[] {1}, 'c', type);
  }

  /** Returns the median distance of each row to the others. */
  public static double[] medianOfEachRow(INDArray x) {
    int n = (int) x.size(0);
    double[] medians = new double[n];
    try (INDArray wide = Nd4j.createUninitialized(DataType.DOUBLE, x.shape(), 'c').assign(x)) {
      for (int from = 0; from < n; from += BLOCK) {
        int to = Math.min(n, from + BLOCK);
        double[] block = block(wide, from, to);
        for (int i = 0; i < to - from; i++) {
          double[] others = new double[n - 1];
          for (int j = 0, at = 0; j < n; j++) {
            if (j != from + i) {
              others[at++] = Math.sqrt(block[i * n + j]);
            }
          }
          medians[from + i] = Quantiles.median().computeInPlace(others);
        }
      }
    }
    return medians;
  }

  private static double[] block(INDArray x, int from, int to) {
    try (INDArray squares = squared(x.get(NDArrayIndex.interval(from, to), NDArrayIndex.all()), x)) {
      return HostFloats.doubles(squares);
    }
  }
}
