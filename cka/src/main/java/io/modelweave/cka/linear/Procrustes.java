package io.modelweave.cka.linear;

import io.modelweave.cka.Invariance;
import io.modelweave.cka.Similarity;
import io.modelweave.cka.Traits;
import io.modelweave.cka.measure.FeaturePair;
import io.modelweave.cka.measure.Measure;
import io.modelweave.cka.measure.ScaledFeatures;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Measures of how closely the best rotation or reflection brings the centred features of one side to those of the other; the
 * narrower side is thought of as padded with zero columns.
 *
 * <p>All are forms of {@code c = ‖XᵀY‖_* / (‖X‖ ‖Y‖)}, the nuclear norm over the Frobenius norms, in {@code [0, 1]}. Distances are
 * taken from the rotated features themselves rather than from {@code 1 - c}, so that small ones keep their digits and need no
 * clamp. Costs a gemm and a singular value decomposition of {@code [p, q]}; a side with more features than samples is first
 * reduced to as many.
 *
 * <p>Source: Schönemann 1966; Ding, Denain and Steinhardt 2021 (arXiv 2108.01661); Williams et al. 2021 (arXiv 2110.14739).
 */
public final class Procrustes {

  private static final Invariance[] OF_SHAPE = {Invariance.ORTHOGONAL, Invariance.ISOTROPIC_SCALING, Invariance.TRANSLATION};

  private Procrustes() {}

  /** Returns {@code c}, named {@code procrustes}. */
  public static Similarity cosine() {
    return new Measure("procrustes", "Williams et al. 2021, arXiv 2110.14739, the cosine of their angle",
        Traits.similarity(0, 1, OF_SHAPE), 2, (pair, warn) -> cosine(pair));
  }

  /**
   * Returns the normalised Bures similarity {@code tr((K^½ L K^½)^½) / √(tr K tr L)} of the centred linear Gram matrices, named
   * {@code nbs}. It is {@code c}, and computed as such: exact where eigenvalues of {@code [n, n]} products have half the digits.
   */
  public static Similarity bures() {
    return new Measure("nbs", "Tang et al. 2020, arXiv 2003.11498, with the linear kernel",
        Traits.similarity(0, 1, OF_SHAPE), 2, (pair, warn) -> cosine(pair));
  }

  /** Returns {@code arccos c} in radians, in {@code [0, π/2]}, a metric, named {@code procrustes-angle}. */
  public static Similarity angle() {
    return new Measure("procrustes-angle", "Williams et al. 2021, arXiv 2110.14739",
        Traits.distance(Math.PI / 2, OF_SHAPE), 2, (pair, warn) -> 2 * Math.asin(distanceOfShapes(pair) / 2));
  }

  /** Returns {@code √(2 - 2c)}, in {@code [0, √2]}, the distance of features of norm 1, a metric, named {@code procrustes-distance}. */
  public static Similarity distance() {
    return new Measure("procrustes-distance", "Ding et al. 2021, arXiv 2108.01661, its square root",
        Traits.distance(Math.sqrt(2), OF_SHAPE), 2, (pair, warn) -> distanceOfShapes(pair));
  }

  /** Returns {@code √(‖X‖² + ‖Y‖² - 2‖XᵀY‖_*)}, in the unit of the features, a metric, named {@code size-and-shape}. */
  public static Similarity sizeAndShape() {
    Traits traits = Traits.distance(Double.POSITIVE_INFINITY, Invariance.ORTHOGONAL, Invariance.TRANSLATION);
    return new Measure("size-and-shape", "Williams et al. 2021, arXiv 2110.14739; Kendall 1984", traits, 2, (pair, warn) -> {
      try (ScaledFeatures x = pair.x().centered(); ScaledFeatures y = pair.y().centered();
          INDArray left = compact(x.values()); INDArray right = compact(y.values())) {
        int exponent = Math.max(x.exponent(), y.exponent());
        left.muli(Math.scalb(1.0, x.exponent() - exponent));
        right.muli(Math.scalb(1.0, y.exponent() - exponent));
        return Math.scalb(distanceAfterRotation(left, right), exponent);
      }
    });
  }

  /**
   * Returns the angle, in radians and in {@code [0, π/2]}, of features that are partly whitened first, named {@code shape-angle}; a
   * metric.
   *
   * <p>Each side is multiplied by {@code αI + (1 - α)(XᵀX)^{-1/2}}, without the directions that it does not span. {@code α = 1} is
   * {@link #angle()}, {@code α = 0} compares only what the features span, as CCA does, and gives
   * {@code arccos(Σ ρ / √(r_x r_y))}; between the two the value depends on the unit of the features.
   *
   * @param alpha in [0, 1]
   */
  public static Similarity shapeAngle(double alpha) {
    if (!(alpha >= 0 && alpha <= 1)) {
      throw new IllegalArgumentException("the share that is not whitened must be in [0, 1], but is " + alpha);
    }
    Set<Invariance> invariances = EnumSet.of(Invariance.ORTHOGONAL, Invariance.TRANSLATION);
    if (alpha == 0) {
      invariances.add(Invariance.INVERTIBLE_LINEAR);
    } else if (alpha == 1) {
      invariances.add(Invariance.ISOTROPIC_SCALING);
    }
    return new Measure("shape-angle", "Williams et al. 2021, arXiv 2110.14739, with partial whitening",
        new Traits(false, true, 0, Math.PI / 2, invariances), 2, (pair, warn) -> {
          try (INDArray x = partlyWhitened(pair.x().centered(), alpha); INDArray y = partlyWhitened(pair.y().centered(), alpha)) {
            return 2 * Math.asin(distanceAfterRotation(x, y) / 2);
          }
        });
  }

  private static double cosine(FeaturePair pair) {
    try (INDArray x = unit(pair.x().centered()); INDArray y = unit(pair.y().centered()); INDArray cross = x.transpose().mmul(y)) {
      return Arrays.stream(ThinSvd.values(cross)).sum();
    }
  }

  private static double distanceOfShapes(FeaturePair pair) {
    try (INDArray x = unit(pair.x().centered()); INDArray y = unit(pair.y().centered())) {
      return distanceAfterRotation(x, y);
    }
  }

  /** Returns the smallest {@code ‖W - N Q‖} over {@code Q} with orthonormal rows, {@code N} being the narrower side. */
  private static double distanceAfterRotation(INDArray x, INDArray y) {
    INDArray narrow = x.columns() <= y.columns() ? x : y;
    INDArray wide = x.columns() <= y.columns() ? y : x;
    int m = narrow.columns();
    int w = wide.columns();
    try (INDArray product = narrow.transpose().mmul(wide); INDArray cross = product.dup('f');
        INDArray u = Nd4j.create(DataType.DOUBLE, new long[] {m, m}, 'f');
        INDArray vt = Nd4j.create(DataType.DOUBLE, new long[] {w, w}, 'f')) {
      ThinSvd.decompose(cross, u, vt);
      try (INDArray rotation = u.mmul(vt.get(NDArrayIndex.interval(0, m), NDArrayIndex.all()));
          INDArray rotated = narrow.mmul(rotation); INDArray rest = wide.sub(rotated)) {
        return rest.norm2Number().doubleValue();
      }
    }
  }

  /** Returns {@code U (αS + (1 - α)I)} with norm 1, which the whitened features are up to a rotation; closes what it is given. */
  private static INDArray partlyWhitened(ScaledFeatures features, double alpha) {
    try (features; ThinSvd svd = ThinSvd.of(features.values())) {
      // The lengths are in a unit of 2^exponent. Whichever term is scaled, it is scaled down: the norm becomes 1 anyway.
      double ofLength = alpha * Math.scalb(1.0, Math.min(features.exponent(), 0));
      double ofOne = (1 - alpha) * Math.scalb(1.0, Math.min(-features.exponent(), 0));
      double[] weights = Arrays.stream(svd.lengths()).map(s -> ofLength * s + ofOne).toArray();
      INDArray whitened = svd.scaled(weights);
      return whitened.divi(whitened.norm2Number());
    }
  }

  /** Returns the features with norm 1 and no more columns than rows; closes what it is given. */
  private static INDArray unit(ScaledFeatures features) {
    try (features) {
      INDArray compact = compact(features.values());
      return compact.divi(compact.norm2Number());
    }
  }

  /** Returns features with the same Gram matrix, and so the same shape, in at most as many columns as rows: an array of its own. */
  private static INDArray compact(INDArray features) {
    if (features.columns() <= features.rows()) {
      return features.dup();
    }
    try (ThinSvd svd = ThinSvd.of(features)) {
      return svd.scaled(svd.lengths());
    }
  }
}
