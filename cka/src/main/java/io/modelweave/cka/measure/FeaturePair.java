package io.modelweave.cka.measure;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The two checked sides of a comparison.
 *
 * @param x features {@code [n, p]}
 * @param y features {@code [n, q]} of the same samples
 */
public record FeaturePair(FeatureMatrix x, FeatureMatrix y) {

  /** Returns the arguments of a comparison, or says why they cannot be compared. */
  static FeaturePair of(INDArray x, INDArray y, String measure, int fewestSamples) {
    int n = requireSameSamples(x, y);
    if (n < fewestSamples) {
      throw new IllegalArgumentException("%s needs at least %d samples, but x and y have %d; compare more of them"
          .formatted(measure, fewestSamples, n));
    }
    return new FeaturePair(FeatureMatrix.of(x, "x"), FeatureMatrix.of(y, "y"));
  }

  /**
   * Returns the number of samples that x and y have.
   *
   * @throws IllegalArgumentException if they cannot be of the same samples
   */
  public static int requireSameSamples(INDArray x, INDArray y) {
    int n = CenteredFeatures.requireRows(requireNonNull(x, "x"), "x");
    int m = CenteredFeatures.requireRows(requireNonNull(y, "y"), "y");
    if (n != m) {
      throw new IllegalArgumentException(
          ("cannot compare features of different samples: x is %s, y is %s; "
              + "give both one row for each of the same samples, in the same order")
              .formatted(Arrays.toString(x.shape()), Arrays.toString(y.shape())));
    }
    return n;
  }

  /** Returns {@code n}. */
  public int samples() {
    return x.samples();
  }
}
