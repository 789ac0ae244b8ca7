package io.modelweave.merge.method;

import java.util.Arrays;

/**
 * {@code y = c_b b + sum_i c_i x_i} on chunks.
 *
 * <p>A coefficient of 0 leaves its tensor out, and of 1 on a single tensor returns that tensor bit for bit, signed zeros included. Sums
 * of three terms and more carry their rounding errors along in a second double, so that the order of the models does not show.
 */
public final class LinearCombination {

  private LinearCombination() {}

  /**
   * Computes a stretch of a chunk.
   *
   * @param coefficients of the models
   * @param ofBase coefficient of the base; must be 0 if there is none
   * @param out takes the result at the same positions
   */
  public static void apply(Chunk chunk, double[] coefficients, double ofBase, int from, int to, double[] out) {
    int terms = 0;
    for (double coefficient : coefficients) {
      terms += coefficient == 0 ? 0 : 1;
    }
    double[] errors = terms + (ofBase == 0 ? 0 : 1) > 2 ? chunk.scratch(0) : out;
    boolean first = true;
    if (ofBase != 0) {
      scale(chunk.base(), ofBase, from, to, out, errors);
      first = false;
    }
    for (int i = 0; i < coefficients.length; i++) {
      if (coefficients[i] == 0) {
        continue;
      }
      if (first) {
        scale(chunk.model(i), coefficients[i], from, to, out, errors);
      } else if (errors == out) {
        add(chunk.model(i), coefficients[i], from, to, out);
      } else {
        addExactly(chunk.model(i), coefficients[i], from, to, out, errors);
      }
      first = false;
    }
    if (first) {
      Arrays.fill(out, from, to, 0);
    } else if (errors != out) {
      add(errors, 1, from, to, out);
    }
  }

  private static void scale(double[] x, double c, int from, int to, double[] out, double[] errors) {
    for (int j = from; j < to; j++) {
      out[j] = c * x[j];
    }
    if (errors != out) {
      for (int j = from; j < to; j++) {
        errors[j] = Math.fma(c, x[j], -out[j]);
      }
    }
  }

  private static void add(double[] x, double c, int from, int to, double[] out) {
    for (int j = from; j < to; j++) {
      out[j] += c * x[j];
    }
  }

  /** Knuth's error-free sum of {@code out} and the product, whose own error a fused multiply-add gives. */
  private static void addExactly(double[] x, double c, int from, int to, double[] out, double[] errors) {
    for (int j = from; j < to; j++) {
      double product = c * x[j];
      double sum = out[j] + product;
      double part = sum - out[j];
      errors[j] += (out[j] - (sum - part)) + (product - part) + Math.fma(c, x[j], -product);
      out[j] = sum;
    }
  }
}
