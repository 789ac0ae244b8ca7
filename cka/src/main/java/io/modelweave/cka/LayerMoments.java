package io.modelweave.cka;

import io.modelweave.cka.measure.FeatureMatrix;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Mean and spread of one layer over some samples.
 *
 * @param mean of each column
 * @param squares {@code Σ ‖x_i - mean‖²}
 */
record LayerMoments(double[] mean, double squares) {

  /** A batch of one layer: its moments, and its features less their mean, which the caller closes. */
  record Batch(LayerMoments moments, INDArray centered, double[] norms) implements AutoCloseable {

    static Batch of(INDArray x, String label) {
      FeatureMatrix.requireRows(x, label);
      HeldFeatures features = LayerFeatures.centered(x, label, DataType.DOUBLE, false);
      INDArray centered = features.values();
      try (INDArray first = Nd4j.createUninitialized(DataType.DOUBLE, new long[] {x.size(1)}, 'c').assign(x.getRow(0));
          INDArray rest = centered.getRow(0).dup()) {
        return new Batch(new LayerMoments(first.subi(rest).data().asDouble(), PairSums.sum(features.squaredNorms())), centered,
            features.squaredNorms());
      }
    }

    @Override
    public void close() {
      centered.close();
    }
  }

  /** Returns the moments of these n samples and m others. */
  LayerMoments plus(LayerMoments that, double n, double m) {
    double[] joint = jointMean(that, n, m);
    double[] mine = shift(mean, joint);
    double[] theirs = shift(that.mean, joint);
    return new LayerMoments(joint,
        squares + n * PairSums.dot(mine, mine) + that.squares + m * PairSums.dot(theirs, theirs));
  }

  double[] jointMean(LayerMoments that, double n, double m) {
    double[] joint = new double[mean.length];
    for (int j = 0; j < joint.length; j++) {
      joint[j] = mean[j] + (that.mean[j] - mean[j]) * (m / (n + m));
    }
    return joint;
  }

  /** Returns {@code from - to}. */
  static double[] shift(double[] from, double[] to) {
    double[] shift = new double[from.length];
    for (int j = 0; j < shift.length; j++) {
      shift[j] = from[j] - to[j];
    }
    return shift;
  }
}
