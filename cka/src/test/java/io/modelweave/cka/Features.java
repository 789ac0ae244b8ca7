package io.modelweave.cka;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Inputs of tests: closed-form fixtures and plain arrays. */
final class Features {

  private Features() {}

  /** {@code sin(0.5 + 0.7i + 1.1j + 0.13ij)}. */
  static double[][] sines(int n, int p) {
    double[][] x = new double[n][p];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < p; j++) {
        x[i][j] = Math.sin(0.5 + 0.7 * i + 1.1 * j + 0.13 * i * j);
      }
    }
    return x;
  }

  /** {@code cos(0.3 + 0.9i - 0.4j + 0.07ij) + 0.5 X[i, j mod p]}. */
  static double[][] cosinesOn(double[][] x, int q) {
    double[][] y = new double[x.length][q];
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < q; j++) {
        y[i][j] = Math.cos(0.3 + 0.9 * i - 0.4 * j + 0.07 * i * j) + 0.5 * x[i][j % x[i].length];
      }
    }
    return y;
  }

  static double[][] gaussian(long seed, int n, int d) {
    java.util.Random random = new java.util.Random(seed);
    double[][] x = new double[n][d];
    for (double[] row : x) {
      for (int j = 0; j < d; j++) {
        row[j] = random.nextGaussian();
      }
    }
    return x;
  }

  static double[][] column(double... values) {
    double[][] x = new double[values.length][1];
    for (int i = 0; i < values.length; i++) {
      x[i][0] = values[i];
    }
    return x;
  }

  static double[][] plus(double[][] x, double[][] y, double scale) {
    double[][] sum = new double[x.length][x[0].length];
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < x[i].length; j++) {
        sum[i][j] = x[i][j] + scale * y[i][j];
      }
    }
    return sum;
  }

  static INDArray array(double[][] x) {
    return Nd4j.createFromArray(x);
  }

  static INDArray floats(double[][] x) {
    return Nd4j.createFromArray(x).castTo(DataType.FLOAT);
  }
}
