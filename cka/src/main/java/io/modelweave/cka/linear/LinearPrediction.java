package io.modelweave.cka.linear;

import io.modelweave.cka.Invariance;
import io.modelweave.cka.Similarity;
import io.modelweave.cka.Traits;
import io.modelweave.cka.measure.Measure;
import io.modelweave.cka.measure.ScaledFeatures;
import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Measures of what linear predictors make of the two sides. Costs a QR and a singular value decomposition of each side used. */
public final class LinearPrediction {

  private LinearPrediction() {}

  /**
   * Returns the share of the variance of x that a linear regression on y explains, named {@code regression}:
   * {@code R² = ‖U_yᵀ X‖² / ‖X‖²} for centred x. To predict y from x, compare y with x.
   *
   * <p>It is 1 if y has rank {@code n - 1}, whatever x is; the result then carries a warning.
   */
  public static Similarity explainedVariance() {
    Traits traits = Traits.similarity(0, 1, Invariance.ORTHOGONAL, Invariance.ISOTROPIC_SCALING, Invariance.TRANSLATION).directed();
    return new Measure("regression", "Kornblith et al. 2019, arXiv 1905.00414, section 3.1", traits, 2, (pair, warn) -> {
      try (ScaledFeatures x = pair.x().centered(); ThinSvd y = CanonicalCorrelation.decompose(pair.y().centered());
          INDArray explained = y.basis().transpose().mmul(x.values())) {
        if (y.rank() >= pair.samples() - 1) {
          warn.accept("y spans all that %d samples can: it explains any x; compare more samples than features"
              .formatted(pair.samples()));
        }
        double share = explained.norm2Number().doubleValue() / x.values().norm2Number().doubleValue();
        return share * share;
      }
    });
  }

  /**
   * Returns the squared GULP distance, named {@code gulp}: how much, at most, ridge regressions on the two sides disagree.
   *
   * <p>{@code T_x + T_y - 2 T_xy} with {@code T_x = Σ (λ_i/(λ_i + λ))²} and
   * {@code T_xy = tr((Σ_x + λ)⁻¹ Σ_xy (Σ_y + λ)⁻¹ Σ_yx)}, where the covariances are of centred features with mean squared norm 1
   * and {@code λ_i} are the eigenvalues of {@code Σ_x}. For {@code λ = 0} this is {@code r_x + r_y - 2 Σ ρ²} with the canonical
   * correlations {@code ρ}. Both sides are taken from their singular values, so that fewer samples than features are no special case.
   *
   * @param lambda the strength of the ridge, at least 0, relative to the total variance of a side, which is 1
   */
  public static Similarity gulp(double lambda) {
    if (!(lambda >= 0 && lambda < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("the ridge of GULP must be finite and at least 0, but is " + lambda);
    }
    Invariance linear = lambda == 0 ? Invariance.INVERTIBLE_LINEAR : Invariance.ORTHOGONAL;
    Traits traits = Traits.distance(Double.POSITIVE_INFINITY, linear, Invariance.ISOTROPIC_SCALING, Invariance.TRANSLATION);
    return new Measure("gulp", "Boix-Adsera et al. 2022, arXiv 2210.06545, squared", traits, 2, (pair, warn) -> {
      try (ThinSvd x = CanonicalCorrelation.decompose(pair.x().centered()); ThinSvd y = CanonicalCorrelation.decompose(pair.y().centered());
          INDArray left = x.scaled(shrinkage(x, lambda)); INDArray right = y.scaled(shrinkage(y, lambda));
          INDArray cross = left.transpose().mmul(right)) {
        double shared = cross.norm2Number().doubleValue();
        return fourthPowers(shrinkage(x, lambda)) + fourthPowers(shrinkage(y, lambda)) - 2 * shared * shared;
      }
    });
  }

  /** Returns {@code √(λ_i/(λ_i + λ))}. */
  private static double[] shrinkage(ThinSvd side, double lambda) {
    double[] eigenvalues = CanonicalCorrelation.squares(side.lengths());
    double total = Arrays.stream(eigenvalues).sum();
    return Arrays.stream(eigenvalues).map(e -> Math.sqrt(e / total / (e / total + lambda))).toArray();
  }

  private static double fourthPowers(double[] values) {
    return Arrays.stream(values).map(v -> v * v * v * v).sum();
  }
}
