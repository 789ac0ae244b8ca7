package io.modelweave.merge.alignment;

import org.nd4j.linalg.api.ndarray.INDArray;

/** Correlations between the units of two models on the same samples, gathered batch by batch in double. */
final class UnitCorrelations {

  private final UnitMoments ofA = new UnitMoments();
  private final UnitMoments ofB = new UnitMoments();
  private double[] products = {};

  /** Adds units {@code [n, m]} of both models; neither is modified. */
  void add(INDArray a, INDArray b) {
    try (UnitMoments.Batch x = UnitMoments.Batch.of(a);
        UnitMoments.Batch y = UnitMoments.Batch.of(b);
        INDArray xy = x.centred().transpose().mmul(y.centred());
        INDArray rows = xy.dup('c')) {
      double[] added = rows.reshape(rows.length()).toDoubleVector();
      double weight = ofA.weight(x);
      double[] shiftA = ofA.add(x);
      double[] shiftB = ofB.add(y);
      if (products.length == 0) {
        products = added;
        return;
      }
      int units = shiftA.length;
      for (int i = 0; i < products.length; i++) {
        products[i] += added[i] + weight * shiftA[i / units] * shiftB[i % units];
      }
    }
  }

  /** Returns {@code [m, m]}, row after row: the correlation of unit i of a with unit j of b; 0 where one of them never changes. */
  double[] values() {
    int units = ofA.units();
    double[] correlations = new double[products.length];
    for (int i = 0; i < products.length; i++) {
      double scale = Math.sqrt(ofA.squares(i / units)) * Math.sqrt(ofB.squares(i % units));
      correlations[i] = scale == 0 ? 0 : products[i] / scale;
    }
    return correlations;
  }
}
