package io.modelweave.merge.alignment;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Means, variances and correlations of units, gathered batch by batch in double.
 *
 * <p>Each batch is centred on its own means before anything is multiplied, so that a large common offset costs no digits. Source: Chan,
 * Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979, equation 2.1.
 */
final class UnitMoments {

  private long samples;
  private double @Nullable [] meanOfA;
  private double @Nullable [] meanOfB;
  private double[] squaresOfA = {};
  private double[] squaresOfB = {};
  private double[] products = {};

  /** Adds units {@code [n, m]} of both models on the same samples; neither is modified. */
  void add(INDArray a, INDArray b) {
    try (INDArray x = Doubles.copy(a);
        INDArray y = Doubles.copy(b);
        INDArray meanX = x.mean(0);
        INDArray meanY = y.mean(0)) {
      x.subiRowVector(meanX);
      y.subiRowVector(meanY);
      try (INDArray xy = x.transpose().mmul(y);
          INDArray ordered = xy.dup('c');
          INDArray xx = x.muli(x).sum(0);
          INDArray yy = y.muli(y).sum(0)) {
        merge(a.size(0), meanX.toDoubleVector(), meanY.toDoubleVector(), xx.toDoubleVector(), yy.toDoubleVector(),
            ordered.reshape(ordered.length()).toDoubleVector());
      }
    }
  }

  private void merge(long count, double[] meanX, double[] meanY, double[] xx, double[] yy, double[] xy) {
    if (meanOfA == null || meanOfB == null) {
      samples = count;
      meanOfA = meanX;
      meanOfB = meanY;
      squaresOfA = xx;
      squaresOfB = yy;
      products = xy;
      return;
    }
    int units = meanX.length;
    double weight = (double) samples * count / (samples + count);
    double[] shiftA = new double[units];
    double[] shiftB = new double[units];
    for (int i = 0; i < units; i++) {
      shiftA[i] = meanX[i] - meanOfA[i];
      shiftB[i] = meanY[i] - meanOfB[i];
      squaresOfA[i] += xx[i] + weight * shiftA[i] * shiftA[i];
      squaresOfB[i] += yy[i] + weight * shiftB[i] * shiftB[i];
      meanOfA[i] += shiftA[i] * count / (samples + count);
      meanOfB[i] += shiftB[i] * count / (samples + count);
    }
    for (int i = 0; i < units; i++) {
      for (int j = 0; j < units; j++) {
        products[i * units + j] += xy[i * units + j] + weight * shiftA[i] * shiftB[j];
      }
    }
    samples += count;
  }

  /** Returns {@code [m, m]}, row after row: the correlation of unit i of a with unit j of b; 0 where one of them never changes. */
  double[] correlations() {
    int units = squaresOfA.length;
    double[] correlations = new double[units * units];
    for (int i = 0; i < units; i++) {
      for (int j = 0; j < units; j++) {
        double scale = Math.sqrt(squaresOfA[i]) * Math.sqrt(squaresOfB[j]);
        correlations[i * units + j] = scale == 0 ? 0 : products[i * units + j] / scale;
      }
    }
    return correlations;
  }
}
