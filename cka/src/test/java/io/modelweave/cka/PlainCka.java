package io.modelweave.cka;

import java.util.function.ToDoubleBiFunction;

/** The definitions, written out over {@code [n, n]} matrices in plain Java: Gretton's and Song's sums, no shortcut. */
final class PlainCka {

  private PlainCka() {}

  static double biased(double[][] x, double[][] y) {
    return biasedOfGrams(gram(x), gram(y));
  }

  static double biasedOfGrams(double[][] kernelX, double[][] kernelY) {
    double[][] k = centred(kernelX);
    double[][] l = centred(kernelY);
    return dot(k, l) / Math.sqrt(dot(k, k) * dot(l, l));
  }

  static double debiased(double[][] x, double[][] y) {
    double[][] k = gram(centredColumns(x));
    double[][] l = gram(centredColumns(y));
    return song(k, l) / Math.sqrt(song(k, k) * song(l, l));
  }

  static double cka(HsicEstimator estimator, double[][] k, double[][] l) {
    return hsic(estimator, k, l) / Math.sqrt(hsic(estimator, k, k) * hsic(estimator, l, l));
  }

  private static double hsic(HsicEstimator estimator, double[][] k, double[][] l) {
    return switch (estimator) {
      case BIASED -> dot(centred(k), centred(l));
      case DEBIASED -> song(k, l);
      case LANGE -> dot(hollow(centred(k)), hollow(centred(l)));
    };
  }

  /** The jackknife with Gram matrices without each sample in turn. */
  static double standardError(HsicEstimator estimator, double[][] k, double[][] l) {
    double[] without = new double[k.length];
    for (int i = 0; i < k.length; i++) {
      without[i] = cka(estimator, dropBoth(k, i), dropBoth(l, i));
    }
    return jackknife(without);
  }

  private static double[][] dropBoth(double[][] k, int i) {
    double[][] rows = drop(k, i);
    for (int row = 0; row < rows.length; row++) {
      double[] kept = new double[rows.length];
      for (int j = 0; j < kept.length; j++) {
        kept[j] = rows[row][j < i ? j : j + 1];
      }
      rows[row] = kept;
    }
    return rows;
  }

  private static double[][] hollow(double[][] k) {
    for (int i = 0; i < k.length; i++) {
      k[i][i] = 0;
    }
    return k;
  }

  static double standardError(double[][] x, double[][] y) {
    int n = x.length;
    double[] without = new double[n];
    for (int i = 0; i < n; i++) {
      without[i] = debiased(drop(x, i), drop(y, i));
    }
    return jackknife(without);
  }

  static double jackknife(double[] without) {
    int n = without.length;
    double mean = PairSums.sum(without) / n;
    double squares = 0;
    for (double value : without) {
      squares += (value - mean) * (value - mean);
    }
    return Math.sqrt(squares * (n - 1) / n);
  }

  /** Mean and standard deviation of the biased value over all pairings of at most 8 samples. */
  static double[] overAllPairings(double[][] x, double[][] y) {
    double[] sums = new double[3];
    permute(x, y.clone(), 0, sums);
    double mean = sums[1] / sums[0];
    return new double[] {mean, Math.sqrt(sums[2] / sums[0] - mean * mean)};
  }

  private static void permute(double[][] x, double[][] y, int from, double[] sums) {
    if (from == y.length) {
      double value = biased(x, y);
      sums[0]++;
      sums[1] += value;
      sums[2] += value * value;
      return;
    }
    for (int i = from; i < y.length; i++) {
      swap(y, from, i);
      permute(x, y, from + 1, sums);
      swap(y, from, i);
    }
  }

  private static void swap(double[][] y, int i, int j) {
    double[] row = y[i];
    y[i] = y[j];
    y[j] = row;
  }

  private static double song(double[][] k, double[][] l) {
    int n = k.length;
    double products = 0;
    double kTotal = 0;
    double lTotal = 0;
    double rows = 0;
    for (int i = 0; i < n; i++) {
      double kRow = 0;
      double lRow = 0;
      for (int j = 0; j < n; j++) {
        if (i != j) {
          products += k[i][j] * l[i][j];
          kRow += k[i][j];
          lRow += l[i][j];
        }
      }
      kTotal += kRow;
      lTotal += lRow;
      rows += kRow * lRow;
    }
    return (products + kTotal * lTotal / ((n - 1.0) * (n - 2.0)) - 2 * rows / (n - 2.0)) / (n * (n - 3.0));
  }

  static double[][] gram(double[][] x) {
    return gram(x, PlainRelatives::inner);
  }

  static double[][] gram(double[][] x, ToDoubleBiFunction<double[], double[]> kernel) {
    double[][] gram = new double[x.length][x.length];
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < x.length; j++) {
        gram[i][j] = kernel.applyAsDouble(x[i], x[j]);
      }
    }
    return gram;
  }

  private static double[][] centred(double[][] k) {
    int n = k.length;
    double[] means = new double[n];
    double grand = 0;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        means[i] += k[i][j] / n;
      }
      grand += means[i] / n;
    }
    double[][] centred = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        centred[i][j] = k[i][j] - means[i] - means[j] + grand;
      }
    }
    return centred;
  }

  private static double[][] centredColumns(double[][] x) {
    double[][] centred = new double[x.length][x[0].length];
    for (int j = 0; j < x[0].length; j++) {
      double mean = 0;
      for (double[] row : x) {
        mean += row[j] / x.length;
      }
      for (int i = 0; i < x.length; i++) {
        centred[i][j] = x[i][j] - mean;
      }
    }
    return centred;
  }

  private static double dot(double[][] k, double[][] l) {
    double sum = 0;
    for (int i = 0; i < k.length; i++) {
      for (int j = 0; j < k.length; j++) {
        sum += k[i][j] * l[i][j];
      }
    }
    return sum;
  }

  static double[][] drop(double[][] x, int row) {
    double[][] rest = new double[x.length - 1][];
    for (int i = 0, at = 0; i < x.length; i++) {
      if (i != row) {
        rest[at++] = x[i];
      }
    }
    return rest;
  }
}
