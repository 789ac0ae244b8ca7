package io.modelweave.cka.distances;

import io.modelweave.cka.Invariance;
import io.modelweave.cka.Similarity;
import io.modelweave.cka.Traits;
import io.modelweave.cka.measure.FeatureMatrix;
import io.modelweave.cka.measure.Measure;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Representational similarity analysis: the correlation, over all pairs of samples, of how far apart the two sides find them.
 *
 * <p>Distances that are equal in exact arithmetic are ties if rounding leaves them equal, as it does for Euclidean distances of
 * whole numbers; correlation distances are rounded to 12 digits first, and are 0 for rows that are proportional up to rounding. Costs
 * {@code n²(p + q)} flops and two DOUBLE arrays of {@code n(n-1)/2}; the rank correlations sort them.
 *
 * <p>Source: Kriegeskorte, Mur and Bandettini 2008.
 */
public final class Rsa {

  /** What rounding leaves of the spread of distances that are all equal, relative to their size. */
  private static final double NEGLIGIBLE_SPREAD = 1e-12;

  private Rsa() {}

  /** Returns the correlation of {@link Dissimilarity#CORRELATION} distances, named {@code rsa-pearson} and the like. */
  public static Similarity by(Correlation correlation) {
    return by(correlation, Dissimilarity.CORRELATION);
  }

  /** Returns the correlation of the given distances, named {@code rsa-euclidean-spearman} and the like. */
  public static Similarity by(Correlation correlation, Dissimilarity dissimilarity) {
    Traits traits = switch (dissimilarity) {
      case CORRELATION -> Traits.similarity(-1, 1, Invariance.PERMUTATION, Invariance.ISOTROPIC_SCALING);
      case EUCLIDEAN, SQUARED_EUCLIDEAN ->
          Traits.similarity(-1, 1, Invariance.ORTHOGONAL, Invariance.ISOTROPIC_SCALING, Invariance.TRANSLATION);
    };
    return new Measure(name(correlation, dissimilarity), "Kriegeskorte, Mur and Bandettini 2008", traits, 3, (pair, warn) -> {
      double[] x = PairwiseDistances.of(pair.x(), dissimilarity, warn);
      double[] y = PairwiseDistances.of(pair.y(), dissimilarity, warn);
      if (x == null || y == null || !vary(x, pair.x(), warn) | !vary(y, pair.y(), warn)) {
        return Double.NaN;
      }
      return correlation.of(x, y);
    });
  }

  private static String name(Correlation correlation, Dissimilarity dissimilarity) {
    List<String> words = dissimilarity == Dissimilarity.CORRELATION ? List.of("rsa", correlation.name())
        : List.of("rsa", dissimilarity.name().replace('_', '-'), correlation.name());
    return String.join("-", words).toLowerCase(Locale.ROOT);
  }

  private static boolean vary(double[] distances, FeatureMatrix side, Consumer<String> warn) {
    double largest = Arrays.stream(distances).max().orElse(0);
    double smallest = Arrays.stream(distances).min().orElse(0);
    boolean vary = largest - smallest > NEGLIGIBLE_SPREAD * largest;
    if (!vary) {
      warn.accept("all samples of %s are equally far apart: there is nothing to correlate".formatted(side.label()));
    }
    return vary;
  }
}
