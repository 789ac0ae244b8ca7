package io.modelweave.core.rows;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The softmax of each row, {@code p = exp(x - max) / sum}, its gradient, and the cross-entropy of one class a row. Sums are in double.
 *
 * <p>Scores 50 or more below the largest, such as masked ones, have a probability of exactly 0.
 */
public final class Softmax {

  private Softmax() {}

  /**
   * Writes {@code p}.
   *
   * @param x any rank, by its last dimension; not modified
   * @param p written, of the same shape
   */
  public static void forward(INDArray x, INDArray p) {
    try (HostRows in = new HostRows(x); HostRows out = new HostRows(p)) {
      int step = in.blockRows();
      float[] values = new float[step * in.columns()];
      for (int row = 0; row < in.rows(); row += step) {
        int rows = Math.min(step, in.rows() - row);
        in.read(row, rows, values);
        probabilities(values, rows, in.columns());
        out.write(row, rows, values);
      }
    }
  }

  /**
   * Writes {@code dx = p (dp - sum(p dp))}.
   *
   * @param x as for {@link #forward}; not modified
   * @param dp of the same shape; not modified
   * @param dx written, of the same shape
   */
  public static void backward(INDArray x, INDArray dp, INDArray dx) {
    try (HostRows in = new HostRows(x); HostRows gradient = new HostRows(dp); HostRows out = new HostRows(dx)) {
      int c = in.columns();
      int step = in.blockRows();
      float[] p = new float[step * c];
      float[] g = new float[step * c];
      for (int row = 0; row < in.rows(); row += step) {
        int rows = Math.min(step, in.rows() - row);
        in.read(row, rows, p);
        gradient.read(row, rows, g);
        probabilities(p, rows, c);
        for (int at = 0; at < rows * c; at += c) {
          float share = (float) Sums.ofProducts(p, g, at, c);
          for (int i = at; i < at + c; i++) {
            g[i] = p[i] * (g[i] - share);
          }
        }
        out.write(row, rows, g);
      }
    }
  }

  /**
   * Writes the cross-entropy in nats {@code log(sum(exp(x - max))) + max - x_class} of each row.
   *
   * @param x {@code [N, C]}; not modified
   * @param classes {@code [N]}, from 0 to {@code C - 1}
   * @param losses written, {@code [N, 1]}
   */
  public static void crossEntropy(INDArray x, int[] classes, INDArray losses) {
    try (HostRows in = new HostRows(x); HostRows out = new HostRows(losses)) {
      int c = in.columns();
      int step = in.blockRows();
      float[] values = new float[step * c];
      float[] results = new float[in.rows()];
      for (int row = 0; row < in.rows(); row += step) {
        int rows = Math.min(step, in.rows() - row);
        in.read(row, rows, values);
        for (int r = 0; r < rows; r++) {
          float score = values[r * c + classes[row + r]];
          float maximum = differences(values, r * c, c);
          results[row + r] = maximum - score; // the sum of exponentials is added below
        }
        Exponential.decay(values, rows * c);
        for (int r = 0; r < rows; r++) {
          results[row + r] += (float) Math.log(Sums.of(values, r * c, c));
        }
      }
      out.write(0, in.rows(), results);
    }
  }

  /**
   * Writes the gradient of {@link #crossEntropy}: {@code dx = (p - [class]) dloss}.
   *
   * @param x {@code [N, C]}; not modified
   * @param classes {@code [N]}
   * @param dlosses {@code [N, 1]}; not modified
   * @param dx written, {@code [N, C]}
   */
  public static void crossEntropyGradient(INDArray x, int[] classes, INDArray dlosses, INDArray dx) {
    float[] factors = new float[classes.length];
    HostRows.read(dlosses, factors);
    try (HostRows in = new HostRows(x); HostRows out = new HostRows(dx)) {
      int c = in.columns();
      int step = in.blockRows();
      float[] p = new float[step * c];
      for (int row = 0; row < in.rows(); row += step) {
        int rows = Math.min(step, in.rows() - row);
        in.read(row, rows, p);
        probabilities(p, rows, c);
        for (int r = 0; r < rows; r++) {
          p[r * c + classes[row + r]] -= 1;
          multiply(p, r * c, c, factors[row + r]);
        }
        out.write(row, rows, p);
      }
    }
  }

  /** Writes probabilities in the place of the scores of the first rows. */
  private static void probabilities(float[] x, int rows, int c) {
    for (int r = 0; r < rows; r++) {
      differences(x, r * c, c);
    }
    Exponential.decay(x, rows * c);
    for (int i = 0; i < rows * c; i++) {
      x[i] -= Exponential.LEAST;
    }
    for (int r = 0; r < rows; r++) {
      multiply(x, r * c, c, (float) (1 / Sums.of(x, r * c, c)));
    }
  }

  /** Writes {@code max - x} in the place of a row and returns {@code max}. */
  private static float differences(float[] x, int at, int c) {
    float maximum = x[at];
    for (int i = at; i < at + c; i++) {
      maximum = Math.max(maximum, x[i]);
    }
    for (int i = at; i < at + c; i++) {
      x[i] = maximum - x[i];
    }
    return maximum;
  }

  private static void multiply(float[] x, int at, int c, float factor) {
    for (int i = at; i < at + c; i++) {
      x[i] *= factor;
    }
  }
}
