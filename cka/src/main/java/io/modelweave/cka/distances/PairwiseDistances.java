package io.modelweave.cka.distances;

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
 * The distances of all pairs {@code i < j} of samples, row by row.
 *
 * <p>Inner products come from gemm in blocks of rows. A squared distance that is small against the norms it is the difference of
 * is computed again from the difference of the rows, so that close samples have as many digits as distant ones and equal ones
 * are at distance exactly 0.
 */
final class PairwiseDistances {

  private static final int BLOCK = 256;

  /** A difference this much smaller than its terms has lost 4 of 16 digits. */
  private static final double CANCELLED = 1e-4;

  /** Correlation distances of rows that are proportional in exact arithmetic are the squares of some roundings. */
  private static final double PROPORTIONAL = 0x1p-96;

  /** Bits of a correlation distance that rounding leaves alone. */
  private static final int KNOWN_BITS = 40;

  /** With more samples the pairs cannot be indexed by an int. */
  private static final int MOST_SAMPLES = 65_536;

  private PairwiseDistances() {}

  /**
   * Returns the distances, in a unit of their own for the Euclidean ones; null, with a warning given, if one is undefined.
   *
   * @throws IllegalArgumentException if there are more than 65536 samples
   */
  static double @Nullable [] of(FeatureMatrix side, Dissimilarity dissimilarity, Consumer<String> warn) {
    if (side.samples() > MOST_SAMPLES) {
      throw new IllegalArgumentException(
          "the distances of %d samples do not fit into an array, which holds those of %d; compare a sample of the rows"
              .formatted(side.samples(), MOST_SAMPLES));
    }
    if (dissimilarity == Dissimilarity.CORRELATION && side.width() == 2) {
      warn.accept("rows of %s have 2 features, whose correlation is always 1 or -1: only which of the two is larger is compared"
          .formatted(side.label()));
    }
    try (ScaledFeatures features = dissimilarity == Dissimilarity.CORRELATION ? side.uncentered() : side.shifted()) {
      double[] rows = features.rows();
      int d = side.width();
      if (dissimilarity == Dissimilarity.CORRELATION && !standardize(rows, d, side.label(), warn)) {
        return null;
      }
      double[] distances = squared(rows, side.samples(), d);
      for (int pair = 0; pair < distances.length; pair++) {
        distances[pair] = switch (dissimilarity) {
          // Rows of norm 1 at squared distance 2 - 2r.
          case CORRELATION -> withoutRounding(distances[pair] / 2);
          case EUCLIDEAN -> Math.sqrt(distances[pair]);
          case SQUARED_EUCLIDEAN -> distances[pair];
        };
      }
      return distances;
    }
  }

  /** Returns what is known of a correlation distance, so that those that are equal but for their rounding are ties. */
  private static double withoutRounding(double distance) {
    if (distance < PROPORTIONAL) {
      return 0;
    }
    int exponent = Math.getExponent(distance);
    return Math.scalb(Math.rint(Math.scalb(distance, KNOWN_BITS - exponent)), exponent - KNOWN_BITS);
  }

  private static double[] squared(double[] rows, int n, int d) {
    double[] norms = new double[n];
    for (int i = 0; i < n; i++) {
      for (int k = i * d; k < (i + 1) * d; k++) {
        norms[i] += rows[k] * rows[k];
      }
    }
    double[] distances = new double[Math.toIntExact((long) n * (n - 1) / 2)];
    try (INDArray x = Nd4j.create(rows, new long[] {n, d}, new long[] {d, 1}, 'c', DataType.DOUBLE)) {
      int pair = 0;
      for (int from = 0; from < n; from += BLOCK) {
        int to = Math.min(n, from + BLOCK);
        INDArray block = x.get(NDArrayIndex.interval(from, to), NDArrayIndex.all());
        INDArray rest = x.get(NDArrayIndex.interval(from, n), NDArrayIndex.all());
        try (INDArray product = RowProducts.FASTEST.between(block, rest)) {
          double[] products = HostFloats.doubles(product);
          for (int i = from; i < to; i++) {
            for (int j = i + 1; j < n; j++, pair++) {
              double sum = norms[i] + norms[j];
              double square = sum - 2 * products[(i - from) * (n - from) + j - from];
              distances[pair] = square < CANCELLED * sum ? squaredDifference(rows, i * d, j * d, d) : square;
            }
          }
        }
      }
    }
    return distances;
  }

  private static double squaredDifference(double[] rows, int i, int j, int d) {
    double sum = 0;
    for (int k = 0; k < d; k++) {
      double difference = rows[i + k] - rows[j + k];
      sum += difference * difference;
    }
    return sum;
  }

  /** Gives each row mean 0 and norm 1 over its features; returns false, with a warning given, if one is constant. */
  private static boolean standardize(double[] rows, int d, String label, Consumer<String> warn) {
    for (int from = 0; from < rows.length; from += d) {
      boolean constant = true;
      double mean = 0;
      for (int k = from; k < from + d; k++) {
        constant &= rows[k] == rows[from];
        mean += rows[k] / d;
      }
      if (constant) {
        warn.accept(("row %d of %s is constant over its features: its correlation with other rows is undefined; "
            + "drop it, or take Euclidean distances").formatted(from / d, label));
        return false;
      }
      // As of a large offset, what is left after one pass is small enough for the second.
      double left = 0;
      double largest = 0;
      for (int k = from; k < from + d; k++) {
        rows[k] -= mean;
        left += rows[k] / d;
        largest = Math.max(largest, Math.abs(rows[k]));
      }
      double squares = 0;
      for (int k = from; k < from + d; k++) {
        // The largest first, so that squares of tiny rows do not vanish.
        rows[k] = (rows[k] - left) / largest;
        squares += rows[k] * rows[k];
      }
      double norm = Math.sqrt(squares);
      for (int k = from; k < from + d; k++) {
        rows[k] /= norm;
      }
    }
    return true;
  }
}
