package io.modelweave.cka.neighbors;

import static java.util.Objects.requireNonNull;

import io.modelweave.cka.measure.FeatureMatrix;
import io.modelweave.cka.measure.FeaturePair;
import io.modelweave.cka.measure.ScaledFeatures;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * The mean, over the samples, of the cosine of two vectors: how one side, and how the other, sees the sample's neighbours.
 *
 * @param k the number of neighbours on each side; a vector has an entry for each that the sample has on either
 * @param byDistance whether entries are cosine distances rather than cosines
 */
record SecondOrderSimilarity(int k, boolean byDistance) {

  double valueOf(FeaturePair pair, Consumer<String> warn) {
    NeighborLists x = NeighborLists.of(pair.x(), Proximity.COSINE, k, warn);
    NeighborLists y = NeighborLists.of(pair.y(), Proximity.COSINE, k, warn);
    if (x == null || y == null) {
      return Double.NaN;
    }
    double[] rowsOfX = unitRows(pair.x(), warn);
    double[] rowsOfY = unitRows(pair.y(), warn);
    double sum = 0;
    for (int i = 0; i < pair.samples(); i++) {
      int[] either = IntStream.concat(IntStream.of(x.of(i)), IntStream.of(y.of(i))).distinct().toArray();
      double[] seenByX = view(rowsOfX, pair.x().width(), i, either);
      double[] seenByY = view(rowsOfY, pair.y().width(), i, either);
      double lengths = Math.sqrt(dot(seenByX, seenByX) * dot(seenByY, seenByY));
      if (lengths == 0) {
        warn.accept("row %d sees nothing but zeros among its neighbours: there is no direction to compare; use more neighbours than %d"
            .formatted(i, k));
        return Double.NaN;
      }
      sum += dot(seenByX, seenByY) / lengths;
    }
    return sum / pair.samples();
  }

  private double[] view(double[] unitRows, int d, int i, int[] others) {
    double[] view = new double[others.length];
    for (int at = 0; at < view.length; at++) {
      int j = others[at];
      for (int k = 0; k < d; k++) {
        double a = unitRows[i * d + k];
        double b = unitRows[j * d + k];
        // 1 - a·b for rows of norm 1, without its cancellation.
        view[at] += byDistance ? (a - b) * (a - b) / 2 : a * b;
      }
    }
    return view;
  }

  private static double[] unitRows(FeatureMatrix side, Consumer<String> warn) {
    try (ScaledFeatures features = side.uncentered()) {
      // Not null, or the neighbours would have been.
      return requireNonNull(NeighborLists.unitRows(side, features.rows(), warn));
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int k = 0; k < a.length; k++) {
      sum += a[k] * b[k];
    }
    return sum;
  }
}
