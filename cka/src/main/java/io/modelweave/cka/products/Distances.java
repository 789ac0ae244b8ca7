package io.modelweave.cka.products;

import com.google.common.math.Quantiles;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Euclidean distances of rows, by {@code ‖x‖² + ‖y‖² - 2 x·y}: good to the last digits only of centred features. */
public final class Distances {

  /** Rows whose distances are held at once. */
  private static final int BLOCK = 512;

  private Distances() {}

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
    try (INDArray left = squaredNorms(x); INDArray right = squaredNorms(y)) {
      products.muli(-2).addiColumnVector(left.reshape(left.length(), 1)).addiRowVector(right.reshape(1, right.length()));
    }
    return Transforms.max(products, 0, false);
  }

  /** Returns {@code ‖x_i‖²}, summed in DOUBLE, in the type of {@code x}. */
  private static INDArray squaredNorms(INDArray x) {
    return Nd4j.create(RowNorms.squared(x), new long[] {x.size(0)}, new long[] {1}, 'c', x.dataType());
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
