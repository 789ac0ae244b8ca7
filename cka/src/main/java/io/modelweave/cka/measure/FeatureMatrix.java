package io.modelweave.cka.measure;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** One checked side of a comparison: finite features {@code [n, d]}, of which a measure takes the form that it needs. */
public final class FeatureMatrix {

  /** Means are rounded to a multiple of 2^-20 of the largest magnitude: what is left of an offset costs distances no digits. */
  private static final double SHIFT_GRID = 0x1p20;

  private final INDArray given;
  private final String label;
  private final CenteredFeatures centered;

  private FeatureMatrix(INDArray given, String label) {
    this.given = given;
    this.label = label;
    this.centered = CenteredFeatures.of(given, label);
  }

  /**
   * Returns the number of rows of an array that can be compared.
   *
   * @throws IllegalArgumentException naming the label, if the array is not of rank 2, is empty, too large or not of numbers
   */
  public static int requireRows(INDArray given, String label) {
    return CenteredFeatures.requireRows(given, label);
  }

  /**
   * Returns a checked side.
   *
   * @param given {@code [n, d]}, referenced until this is used no more
   * @param label what messages call it
   * @throws IllegalArgumentException naming the label, row and column, if a value is NaN or infinite
   */
  public static FeatureMatrix of(INDArray given, String label) {
    return new FeatureMatrix(given, label);
  }

  /** Returns what messages call this side: {@code "x"} or {@code "y"}. */
  public String label() {
    return label;
  }

  /** Returns {@code n}. */
  public int samples() {
    return centered.samples();
  }

  /** Returns {@code d}. */
  public int width() {
    return centered.width();
  }

  /** Returns whether all rows are the same. */
  public boolean isConstant() {
    return centered.isConstant();
  }

  /** Returns the features less the mean of each column, exactly 0 in constant columns. The caller closes the result. */
  public ScaledFeatures centered() {
    return new ScaledFeatures(centered.toArray(), centered.exponent());
  }

  /** Returns the features as they were given, for measures that depend on where the origin is. The caller closes the result. */
  public ScaledFeatures uncentered() {
    return ScaledFeatures.uncentered(given);
  }

  /**
   * Returns the features less a rounded mean of each column, for distances between rows. The caller closes the result.
   *
   * <p>The rounding makes the subtraction exact for whole numbers and the like, so that equal distances stay equal.
   */
  public ScaledFeatures shifted() {
    ScaledFeatures features = ScaledFeatures.uncentered(given);
    try (INDArray mean = features.values().mean(0); INDArray scaled = mean.mul(SHIFT_GRID); INDArray rounded = Transforms.round(scaled);
        INDArray shift = rounded.div(SHIFT_GRID)) {
      features.values().subiRowVector(shift);
      return features;
    }
  }
}
