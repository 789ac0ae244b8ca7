package io.modelweave.cka.neighbors;

import io.modelweave.cka.FeatureMatrix;
import io.modelweave.cka.FeaturePair;
import io.modelweave.cka.Measure;
import io.modelweave.cka.ScaledFeatures;
import io.modelweave.cka.Similarity;
import io.modelweave.cka.Traits;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** The measure of Hamilton, Leskovec and Jurafsky 2016 (arXiv 1606.02821): do both sides see a sample's surroundings alike? */
record SecondOrderCosine(int k) {

  Similarity toSimilarity() {
    return new Measure("second-order-knn", "Hamilton, Leskovec and Jurafsky 2016, arXiv 1606.02821",
        Traits.similarity(-1, 1, Proximity.COSINE.invariances()), k + 1, this::valueOf);
  }

  private double valueOf(FeaturePair pair, Consumer<String> warn) {
    NeighborLists x = NeighborLists.of(pair.x(), Proximity.COSINE, k, warn);
    NeighborLists y = NeighborLists.of(pair.y(), Proximity.COSINE, k, warn);
    if (x == null || y == null) {
      return Double.NaN;
    }
    double[] rowsOfX = rows(pair.x());
    double[] rowsOfY = rows(pair.y());
    double sum = 0;
    for (int i = 0; i < pair.samples(); i++) {
      int[] either = IntStream.concat(IntStream.of(x.of(i)), IntStream.of(y.of(i))).distinct().toArray();
      double[] seenByX = cosines(rowsOfX, pair.x().width(), i, either);
      double[] seenByY = cosines(rowsOfY, pair.y().width(), i, either);
      sum += cosine(seenByX, 0, seenByY, 0, either.length);
    }
    return sum / pair.samples();
  }

  private static double[] rows(FeatureMatrix side) {
    try (ScaledFeatures features = side.uncentered()) {
      return features.rows();
    }
  }

  private static double[] cosines(double[] rows, int d, int i, int[] others) {
    return IntStream.of(others).mapToDouble(j -> cosine(rows, i * d, rows, j * d, d)).toArray();
  }

  private static double cosine(double[] a, int atA, double[] b, int atB, int length) {
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int k = 0; k < length; k++) {
      ab += a[atA + k] * b[atB + k];
      aa += a[atA + k] * a[atA + k];
      bb += b[atB + k] * b[atB + k];
    }
    return ab / Math.sqrt(aa * bb);
  }
}
