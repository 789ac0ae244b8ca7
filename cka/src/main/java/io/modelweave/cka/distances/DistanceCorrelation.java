package io.modelweave.cka.distances;

import static java.util.Objects.requireNonNull;

import io.modelweave.cka.Invariance;
import io.modelweave.cka.Similarity;
import io.modelweave.cka.Traits;
import io.modelweave.cka.measure.FeatureMatrix;
import io.modelweave.cka.measure.FeaturePair;
import io.modelweave.cka.measure.Measure;
import java.util.function.Consumer;

/**
 * Correlation of the centred Euclidean distances of the samples: 0 in the population exactly for independent sides.
 *
 * <p>Costs {@code n²(p + q)} flops and two DOUBLE arrays of {@code n(n-1)/2}.
 */
public final class DistanceCorrelation {

  private static final Invariance[] INVARIANCES = {Invariance.ORTHOGONAL, Invariance.ISOTROPIC_SCALING, Invariance.TRANSLATION};

  private DistanceCorrelation() {}

  /**
   * Returns {@code dCor = √(⟨A, B⟩ / √(⟨A, A⟩⟨B, B⟩))} of the doubly centred distances {@code A} and {@code B}, named
   * {@code distance-correlation}; about 1 for any sides with many more features than samples. Source: Székely, Rizzo and Bakirov 2007.
   */
  public static Similarity biased() {
    return new Measure("distance-correlation", "Székely, Rizzo and Bakirov 2007", Traits.similarity(0, 1, INVARIANCES), 2,
        (pair, warn) -> {
          double square = ratio(pair, false, warn);
          // What is exactly 0 may come out as -1e-17, whose root would be NaN.
          return Math.copySign(Math.sqrt(Math.abs(square)), square);
        });
  }

  /**
   * Returns the bias-corrected {@code dCor²}, the same ratio of U-centred distances and without the root, named
   * {@code distance-correlation-unbiased}; about 0 for independent sides and sometimes below. Source: Székely and Rizzo 2013.
   */
  public static Similarity unbiasedSquared() {
    return new Measure("distance-correlation-unbiased", "Székely and Rizzo 2013, its square", Traits.similarity(-1, 1, INVARIANCES), 4,
        (pair, warn) -> ratio(pair, true, warn));
  }

  private static double ratio(FeaturePair pair, boolean unbiased, Consumer<String> warn) {
    int n = pair.samples();
    // Euclidean distances are never undefined.
    double[] x = requireNonNull(PairwiseDistances.of(pair.x(), Dissimilarity.EUCLIDEAN, warn));
    double[] y = requireNonNull(PairwiseDistances.of(pair.y(), Dissimilarity.EUCLIDEAN, warn));
    double sizeOfX = dot(x, x);
    double sizeOfY = dot(y, y);
    double[] diagonalOfX = center(x, n, unbiased);
    double[] diagonalOfY = center(y, n, unbiased);
    double xx = 2 * dot(x, x) + dot(diagonalOfX, diagonalOfX);
    double yy = 2 * dot(y, y) + dot(diagonalOfY, diagonalOfY);
    if (!varies(xx, sizeOfX, pair.x(), warn) | !varies(yy, sizeOfY, pair.y(), warn)) {
      return Double.NaN;
    }
    return (2 * dot(x, y) + dot(diagonalOfX, diagonalOfY)) / Math.sqrt(xx * yy);
  }

  /** Returns whether centred distances are more than the rounding of the distances. */
  private static boolean varies(double centered, double size, FeatureMatrix side, Consumer<String> warn) {
    double rounding = side.samples() * Math.ulp(1.0);
    boolean varies = centered > rounding * rounding * size;
    if (!varies) {
      warn.accept("all samples of %s are equally far apart: there is nothing to correlate".formatted(side.label()));
    }
    return varies;
  }

  /** Centres the distances of the pairs in place and returns the diagonal, which is 0 for U-centring. */
  private static double[] center(double[] pairs, int n, boolean unbiased) {
    double[] rows = new double[n];
    for (int i = 0, at = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++, at++) {
        rows[i] += pairs[at];
        rows[j] += pairs[at];
      }
    }
    double total = 0;
    for (double row : rows) {
      total += row;
    }
    double perRow = unbiased ? n - 2.0 : n;
    double grand = total / (unbiased ? (n - 1.0) * (n - 2.0) : (double) n * n);
    for (int i = 0, at = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++, at++) {
        pairs[at] += grand - (rows[i] + rows[j]) / perRow;
      }
    }
    double[] diagonal = new double[n];
    for (int i = 0; i < n && !unbiased; i++) {
      diagonal[i] = grand - 2 * rows[i] / n;
    }
    return diagonal;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
