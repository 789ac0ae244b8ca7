package io.modelweave.cka.neighbors;

import io.modelweave.cka.measure.FeatureMatrix;
import io.modelweave.cka.measure.ScaledFeatures;
import io.modelweave.cka.products.HostFloats;
import io.modelweave.cka.products.RowProducts;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The {@code k} nearest neighbours of each of {@code n} samples, nearest first; of two that are equally near, the one with the
 * lower index comes first. A sample is not its own neighbour.
 *
 * <p>Proximities come from gemm in blocks of rows, so that memory is O(n) for each of them. Samples that are equally near in
 * exact arithmetic may be ordered by rounding.
 */
final class NeighborLists {

  private static final int BLOCK = 256;

  private final int[][] indices;
  private final double[][] proximities;
  private final int exponent;

  private NeighborLists(int[][] indices, double[][] proximities, int exponent) {
    this.indices = indices;
    this.proximities = proximities;
    this.exponent = exponent;
  }

  static int requirePositive(int k) {
    if (k < 1 || k == Integer.MAX_VALUE) {
      throw new IllegalArgumentException("the number of neighbours must be at least 1 and below that of samples, but is " + k);
    }
    return k;
  }

  /** Returns the lists of one side; null, with a warning given, if a row has no direction to take the cosine with. */
  static @Nullable NeighborLists of(FeatureMatrix side, Proximity proximity, int k, Consumer<String> warn) {
    try (ScaledFeatures features = proximity == Proximity.EUCLIDEAN ? side.shifted() : side.uncentered()) {
      int n = side.samples();
      int d = side.width();
      double[] rows = proximity == Proximity.COSINE ? unitRows(side, features.rows(), warn) : features.rows();
      if (rows == null) {
        return null;
      }
      NeighborLists lists = new NeighborLists(new int[n][k], new double[n][k], 2 * features.exponent());
      double[] norms = squaredNorms(rows, n, d);
      try (INDArray x = Nd4j.create(rows, new long[] {n, d}, new long[] {d, 1}, 'c', DataType.DOUBLE)) {
        for (int from = 0; from < n; from += BLOCK) {
          int to = Math.min(n, from + BLOCK);
          INDArray block = x.get(NDArrayIndex.interval(from, to), NDArrayIndex.all());
          try (INDArray product = RowProducts.FASTEST.between(block, x)) {
            double[] products = HostFloats.doubles(product);
            if (proximity == Proximity.EUCLIDEAN) {
              toNegativeDistances(products, norms);
            }
            for (int i = from; i < to; i++) {
              lists.select(i, products, (i - from) * n);
            }
          }
        }
      }
      return lists;
    }
  }

  int samples() {
    return indices.length;
  }

  int k() {
    return indices[0].length;
  }

  /** Returns the neighbours of sample {@code i}, nearest first; not to be modified. */
  int[] of(int i) {
    return indices[i];
  }

  /** Returns how near each of them is, in the order of {@link #of}, times {@code 2^-exponent}; not to be modified. */
  double[] proximities(int i) {
    return proximities[i];
  }

  /** Returns the exponent of the unit in which inner products are given. */
  int exponent() {
    return exponent;
  }

  /** Returns the place of sample {@code j} among the neighbours of {@code i}, from 0, or -1. */
  int place(int i, int j) {
    for (int place = 0; place < indices[i].length; place++) {
      if (indices[i][place] == j) {
        return place;
      }
    }
    return -1;
  }

  /** Keeps the best of a row in order, by insertion: k is small, and most candidates are no better than the last that is kept. */
  private void select(int i, double[] values, int at) {
    int[] nearest = indices[i];
    double[] best = proximities[i];
    int kept = 0;
    for (int j = 0; j < indices.length; j++) {
      double value = values[at + j];
      // Candidates come in order of their index, so that an equal one belongs behind.
      if (j == i || kept == best.length && value <= best[kept - 1]) {
        continue;
      }
      int place = kept < best.length ? kept++ : kept - 1;
      while (place > 0 && value > best[place - 1]) {
        best[place] = best[place - 1];
        nearest[place] = nearest[place - 1];
        place--;
      }
      best[place] = value;
      nearest[place] = j;
    }
  }

  /** Makes {@code 2 x_i·x_j - ‖x_j‖²} of the products of some rows, which orders the samples j as {@code -‖x_i - x_j‖²} does. */
  private static void toNegativeDistances(double[] products, double[] norms) {
    for (int at = 0; at < products.length; at++) {
      products[at] = 2 * products[at] - norms[at % norms.length];
    }
  }

  private static double[] squaredNorms(double[] rows, int n, int d) {
    double[] norms = new double[n];
    for (int at = 0; at < rows.length; at++) {
      norms[at / d] += rows[at] * rows[at];
    }
    return norms;
  }

  /** Returns the rows with norm 1; null, with a warning given, if one is all zero. */
  static double @Nullable [] unitRows(FeatureMatrix side, double[] rows, Consumer<String> warn) {
    int d = side.width();
    double[] unit = new double[rows.length];
    for (int from = 0; from < rows.length; from += d) {
      double largest = 0;
      for (int k = from; k < from + d; k++) {
        largest = Math.max(largest, Math.abs(rows[k]));
      }
      if (largest == 0) {
        warn.accept("row %d of %s is all zero: its cosine with other rows is undefined; use Euclidean distances or drop it"
            .formatted(from / d, side.label()));
        return null;
      }
      double squares = 0;
      for (int k = from; k < from + d; k++) {
        // The largest first, so that squares of tiny rows do not vanish.
        unit[k] = rows[k] / largest;
        squares += unit[k] * unit[k];
      }
      double norm = Math.sqrt(squares);
      for (int k = from; k < from + d; k++) {
        unit[k] /= norm;
      }
    }
    return unit;
  }
}
