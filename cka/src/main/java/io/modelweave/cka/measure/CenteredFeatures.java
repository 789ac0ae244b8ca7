package io.modelweave.cka.measure;

import io.modelweave.cka.products.HostFloats;
import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Features {@code [n, d]} in DOUBLE whose columns have mean 0 and whose largest magnitude is in {@code [0.5, 1)}.
 *
 * <p>Centring comes before any product: a Gram matrix of uncentred features loses all digits once the offset is some hundred
 * standard deviations, which is usual for language models. The scale is a power of two, so it costs no digit, and keeps fourth
 * powers of the features from overflowing; CKA does not depend on it.
 */
final class CenteredFeatures {

  private final int samples;
  private final int width;
  private final int exponent;
  private final double[] values;

  private CenteredFeatures(int samples, int width, int exponent, double[] values) {
    this.samples = samples;
    this.width = width;
    this.exponent = exponent;
    this.values = values;
  }

  /** Returns the number of rows of an array that can be compared, or says why {@code label} cannot. */
  static int requireRows(INDArray x, String label) {
    if (x.rank() != 2 || x.isEmpty()) {
      throw new IllegalArgumentException("features must be [n, d], but %s is %s; pool or reshape it to one row for each sample"
          .formatted(label, Arrays.toString(x.shape())));
    }
    if (!x.dataType().isFPType() && !x.dataType().isIntType()) {
      throw new IllegalArgumentException("features must be numbers, but %s is %s; cast it first".formatted(label, x.dataType()));
    }
    if (x.length() > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException("%s is %s, more than 2^31 numbers; compare a sample of the rows or columns"
          .formatted(label, Arrays.toString(x.shape())));
    }
    return (int) x.size(0);
  }

  static CenteredFeatures of(INDArray x, String label) {
    int n = (int) x.size(0);
    int d = (int) x.size(1);
    double[] values = values(x);
    requireFinite(values, d, x, label);
    boolean[] constant = constantColumns(values, d);
    subtractMeans(values, n, d);
    // The mean of a large offset is itself rounded; what is left of it after one pass is small enough for the second.
    subtractMeans(values, n, d);
    double largest = 0;
    for (int row = 0; row < values.length; row += d) {
      for (int j = 0; j < d; j++) {
        // Exactly zero rather than the rounding of a mean, so that a constant layer is recognised without a tolerance.
        double value = constant[j] ? 0 : values[row + j];
        values[row + j] = value;
        largest = Math.max(largest, Math.abs(value));
      }
    }
    if (!Double.isFinite(largest)) {
      throw new IllegalArgumentException("the values of %s %s are further apart than the largest DOUBLE; scale them down"
          .formatted(label, Arrays.toString(x.shape())));
    }
    int exponent = largest == 0 ? 0 : Math.getExponent(largest) + 1;
    scale(values, -exponent);
    return new CenteredFeatures(n, d, exponent, values);
  }

  /** Returns the elements of an array of any order and type, row by row. */
  static double[] values(INDArray x) {
    if (x.dataType() == DataType.FLOAT || x.dataType() == DataType.DOUBLE) {
      return HostFloats.doubles(x);
    }
    // assign, not castTo: it reads views of any order and type, and always yields an array of our own.
    try (INDArray copy = Nd4j.createUninitialized(DataType.DOUBLE, x.shape(), 'c').assign(x)) {
      return HostFloats.doubles(copy);
    }
  }

  int samples() {
    return samples;
  }

  int width() {
    return width;
  }

  /** Returns {@code e} such that the given features, centred, are these times {@code 2^e}. */
  int exponent() {
    return exponent;
  }

  /** Returns whether all rows are the same. */
  boolean isConstant() {
    for (double value : values) {
      if (value != 0) {
        return false;
      }
    }
    return true;
  }

  /** Returns the features {@code [n, d]} as an array, which the caller closes. */
  INDArray toArray() {
    return HostFloats.array(values, samples, width);
  }

  private static void requireFinite(double[] values, int d, INDArray x, String label) {
    int first = -1;
    int count = 0;
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i])) {
        first = count++ == 0 ? i : first;
      }
    }
    if (count > 0) {
      throw new IllegalArgumentException(
          ("features must be finite, but %s %s has %d that are not, the first is %s at row %d, column %d; "
              + "drop those samples or look for an overflow in the model")
              .formatted(label, Arrays.toString(x.shape()), count, values[first], first / d, first % d));
    }
  }

  private static boolean[] constantColumns(double[] values, int d) {
    boolean[] constant = new boolean[d];
    Arrays.fill(constant, true);
    for (int row = d; row < values.length; row += d) {
      for (int j = 0; j < d; j++) {
        constant[j] &= values[row + j] == values[j];
      }
    }
    return constant;
  }

  /** Multiplies by {@code 2^exponent}: in two steps, because the power alone may be out of range. */
  private static void scale(double[] values, int exponent) {
    double half = Math.scalb(1.0, exponent / 2);
    double rest = Math.scalb(1.0, exponent - exponent / 2);
    for (int i = 0; i < values.length; i++) {
      values[i] = values[i] * half * rest;
    }
  }

  private static void subtractMeans(double[] values, int n, int d) {
    double[] means = new double[d];
    for (int row = 0; row < values.length; row += d) {
      for (int j = 0; j < d; j++) {
        // Dividing each term keeps the sum of values near the end of the range finite.
        means[j] += values[row + j] / n;
      }
    }
    for (int row = 0; row < values.length; row += d) {
      for (int j = 0; j < d; j++) {
        values[row + j] -= means[j];
      }
    }
  }
}
