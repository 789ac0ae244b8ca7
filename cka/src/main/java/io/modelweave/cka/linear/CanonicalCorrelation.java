package io.modelweave.cka.linear;

import io.modelweave.cka.Invariance;
import io.modelweave.cka.Similarity;
import io.modelweave.cka.Traits;
import io.modelweave.cka.measure.FeatureMatrix;
import io.modelweave.cka.measure.FeaturePair;
import io.modelweave.cka.measure.Measure;
import io.modelweave.cka.measure.ScaledFeatures;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.Function;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Measures made of the canonical correlations {@code ρ}: the singular values of {@code U_xᵀ U_y}, where {@code U} are
 * orthonormal bases {@code [n, r]} of the centred features.
 *
 * <p>There are {@code min(r_x, r_y)} of them, each in {@code [0, 1]}. If a side has rank {@code n - 1} they are all 1, whatever
 * the other side is; results then carry a warning. Costs a QR and a singular value decomposition of each side.
 *
 * <p>Source: Hotelling 1936; Raghu et al. 2017 (arXiv 1706.05806); Morcos et al. 2018 (arXiv 1806.05759); Kornblith et al. 2019
 * (arXiv 1905.00414), section 3.
 */
public final class CanonicalCorrelation {

  private static final Traits OF_SPANS = Traits.similarity(0, 1, Invariance.INVERTIBLE_LINEAR, Invariance.TRANSLATION);

  private CanonicalCorrelation() {}

  /** Returns {@code mean ρ}, named {@code cca}. */
  public static Similarity mean() {
    return new Measure("cca", "Raghu et al. 2017, arXiv 1706.05806", OF_SPANS, 2,
        (pair, warn) -> average(correlations(pair, warn, FeatureMatrix::centered)));
  }

  /** Returns {@code mean ρ²}, named {@code r2-cca}. */
  public static Similarity meanSquared() {
    return new Measure("r2-cca", "Kornblith et al. 2019, arXiv 1905.00414, table 1, on centred features", OF_SPANS, 2,
        (pair, warn) -> average(squares(correlations(pair, warn, FeatureMatrix::centered))));
  }

  /**
   * Returns {@code mean ρ²} of features that are not centred, named {@code r2-cca-uncentered}, only to reproduce numbers that
   * were computed this way: a common offset counts as a correlated direction.
   */
  public static Similarity meanSquaredUncentered() {
    return new Measure("r2-cca-uncentered", "the notebook of Kornblith et al. 2019, which does not centre",
        Traits.similarity(0, 1, Invariance.INVERTIBLE_LINEAR), 2,
        (pair, warn) -> average(squares(correlations(pair, warn, FeatureMatrix::uncentered))));
  }

  /**
   * Returns {@code mean ρ} of the principal directions that hold the given share of each side's variance, named {@code svcca}.
   *
   * @param variance in (0, 1]; the authors use 0.99. Each side keeps the fewest directions with {@code Σ s_i² / Σ s²} of at
   *     least this
   */
  public static Similarity ofPrincipalDirections(double variance) {
    if (!(variance > 0 && variance <= 1)) {
      throw new IllegalArgumentException("the share of variance to keep must be in (0, 1], but is " + variance);
    }
    Traits traits = Traits.similarity(0, 1, Invariance.ORTHOGONAL, Invariance.ISOTROPIC_SCALING, Invariance.TRANSLATION);
    return new Measure("svcca", "Raghu et al. 2017, arXiv 1706.05806", traits, 2, (pair, warn) -> {
      try (ThinSvd x = decompose(pair.x().centered()); ThinSvd y = decompose(pair.y().centered())) {
        int keptOfX = principal(x.lengths(), variance);
        int keptOfY = principal(y.lengths(), variance);
        warnIfFull(pair, keptOfX, keptOfY, warn);
        try (INDArray cross = x.basis(keptOfX).transpose().mmul(y.basis(keptOfY))) {
          return average(ThinSvd.values(cross));
        }
      }
    });
  }

  /**
   * Returns {@code Σ α_i ρ_i / Σ α_i}, where {@code α_i = Σ_j |h_i · x_j|} says how much of the columns of x the canonical
   * direction {@code h_i} of x accounts for, named {@code pwcca}. To weight by y, compare y with x.
   */
  public static Similarity projectionWeighted() {
    // The weights are absolute values in the axes of x, so that even a rotation of x changes them.
    Traits traits = Traits.similarity(0, 1, Invariance.PERMUTATION, Invariance.ISOTROPIC_SCALING, Invariance.TRANSLATION).directed();
    return new Measure("pwcca", "Morcos et al. 2018, arXiv 1806.05759, weighted by x", traits, 2, (pair, warn) -> {
      try (ScaledFeatures features = pair.x().centered(); ThinSvd x = ThinSvd.of(features.values());
          ThinSvd y = decompose(pair.y().centered())) {
        warnIfFull(pair, x.rank(), y.rank(), warn);
        return projectionWeighted(features.values(), x, y);
      }
    });
  }

  private static double projectionWeighted(INDArray features, ThinSvd x, ThinSvd y) {
    try (INDArray product = x.basis().transpose().mmul(y.basis()); INDArray cross = product.dup('f');
        INDArray left = Nd4j.create(DataType.DOUBLE, new long[] {x.rank(), x.rank()}, 'f')) {
      double[] rho = ThinSvd.decompose(cross, left, null);
      try (INDArray directions = x.basis().mmul(left); INDArray projections = directions.transpose().mmul(features);
          INDArray magnitudes = Transforms.abs(projections); INDArray sums = magnitudes.sum(1)) {
        double[] weights = sums.toDoubleVector();
        double weighted = 0;
        double total = 0;
        for (int i = 0; i < rho.length; i++) {
          weighted += weights[i] * rho[i];
          total += weights[i];
        }
        return weighted / total;
      }
    }
  }

  private static double[] correlations(FeaturePair pair, Consumer<String> warn, Function<FeatureMatrix, ScaledFeatures> form) {
    try (ThinSvd x = decompose(form.apply(pair.x())); ThinSvd y = decompose(form.apply(pair.y()))) {
      warnIfFull(pair, x.rank(), y.rank(), warn);
      try (INDArray cross = x.basis().transpose().mmul(y.basis())) {
        return ThinSvd.values(cross);
      }
    }
  }

  /** Decomposes and closes {@code features}. */
  static ThinSvd decompose(ScaledFeatures features) {
    try (features) {
      return ThinSvd.of(features.values());
    }
  }

  private static void warnIfFull(FeaturePair pair, int rankOfX, int rankOfY, Consumer<String> warn) {
    int most = pair.samples() - 1;
    if (rankOfX >= most || rankOfY >= most) {
      warn.accept("%s spans all that %d samples can: every correlation is 1 whatever the other side is; compare more samples than features"
          .formatted(rankOfX >= most ? pair.x().label() : pair.y().label(), pair.samples()));
    }
  }

  private static int principal(double[] lengths, double variance) {
    double total = Arrays.stream(squares(lengths)).sum();
    double sum = 0;
    int kept = 0;
    while (kept < lengths.length && !(sum >= variance * total)) {
      sum += lengths[kept] * lengths[kept];
      kept++;
    }
    return kept;
  }

  static double[] squares(double[] values) {
    return Arrays.stream(values).map(v -> v * v).toArray();
  }

  private static double average(double[] values) {
    return Arrays.stream(values).sum() / values.length;
  }
}
