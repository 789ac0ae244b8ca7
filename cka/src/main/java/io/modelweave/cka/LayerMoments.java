package io.modelweave.cka;

import io.modelweave.cka.measure.FeatureMatrix;
import io.modelweave.cka.products.HostFloats;
import io.modelweave.cka.products.RowNorms;
import io.modelweave.cka.products.Scratch;
import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Mean and spread of one layer over some samples.
 *
 * @param mean of each column
 * @param squares {@code Σ ‖x_i - mean‖²}
 */
record LayerMoments(double[] mean, double squares) {

  /** Returns the moments of no samples. */
  static LayerMoments none(int width) {
    return new LayerMoments(new double[width], 0);
  }

  /**
   * Samples that come to those of some moments.
   *
   * @param joint the moments of all
   * @param shift the mean of those before, less that of all
   * @param before how many there were
   * @param extended the features {@code [m + 1, d]} less the mean of all, and as a last row {@code √before · shift}: what those before
   *     add to a sum of products because their mean is another
   * @param features the first m rows
   * @param norms {@code ‖x_i‖²} of these
   */
  record Batch(LayerMoments joint, double[] shift, double before, INDArray extended, INDArray features, double[] norms)
      implements AutoCloseable {

    @Override
    public void close() {
      Scratch.give(extended);
    }
  }

  /**
   * Returns samples that come to the n of these moments.
   *
   * @throws IllegalArgumentException naming the label, if the features hold NaN or an infinity
   */
  Batch with(double n, INDArray x, String label) {
    int m = FeatureMatrix.requireRows(x, label);
    INDArray extended = Scratch.take(DataType.DOUBLE, m + 1, mean.length);
    INDArray features = HeldFeatures.view(extended, new Tile(0, m));
    double[] ofBatch;
    try (HeldFeatures centered = LayerFeatures.centered(x, label, DataType.DOUBLE, false)) {
      features.assign(centered.values());
      ofBatch = shift(firstRow(x), firstRow(centered.values()));
    } catch (RuntimeException e) {
      Scratch.give(extended);
      throw e;
    }
    double[] all = jointMean(ofBatch, n, m);
    double[] shift = shift(mean, all);
    double root = Math.sqrt(n);
    addToRows(features, shift(ofBatch, all));
    addToRows(extended.get(NDArrayIndex.interval(m, m + 1), NDArrayIndex.all()).assign(0),
        Arrays.stream(shift).map(v -> root * v).toArray());
    double[] norms = RowNorms.squared(features);
    return new Batch(new LayerMoments(all, squares + n * PairSums.dot(shift, shift) + PairSums.sum(norms)), shift, n, extended, features,
        norms);
  }

  private static double[] firstRow(INDArray x) {
    try (INDArray first = Nd4j.createUninitialized(DataType.DOUBLE, new long[] {x.size(1)}, 'c').assign(x.getRow(0))) {
      return first.data().asDouble();
    }
  }

  private static void addToRows(INDArray rows, double[] values) {
    try (INDArray row = HostFloats.array(values, 1, values.length)) {
      rows.addiRowVector(row);
    }
  }

  /** Returns the moments of these n samples and m others. */
  LayerMoments plus(LayerMoments that, double n, double m) {
    double[] joint = jointMean(that.mean, n, m);
    double[] mine = shift(mean, joint);
    double[] theirs = shift(that.mean, joint);
    return new LayerMoments(joint,
        squares + n * PairSums.dot(mine, mine) + that.squares + m * PairSums.dot(theirs, theirs));
  }

  private double[] jointMean(double[] other, double n, double m) {
    double[] joint = new double[mean.length];
    for (int j = 0; j < joint.length; j++) {
      joint[j] = mean[j] + (other[j] - mean[j]) * (m / (n + m));
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
