package io.modelweave.merge.alignment;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What the weights and the bias of a linear layer become so that its units have the statistics that lie between those of two parents.
 *
 * @param factors by which the weights of each unit are multiplied
 * @param biases the new bias of each unit; empty where the layer has none, then the units get the deviation alone
 */
record Rescaling(double[] factors, double[] biases) {

  /** Returns {@code g = sigma / sigma_merged} and {@code mu + g (bias - mu_merged)}; a unit that never changes keeps its scale. */
  static Rescaling of(UnitMoments a, UnitMoments b, double alpha, UnitMoments merged, @Nullable INDArray bias) {
    double[] factors = new double[merged.units()];
    double[] biases = bias == null ? new double[0] : bias.dup().toDoubleVector();
    for (int unit = 0; unit < factors.length; unit++) {
      double mean = (1 - alpha) * a.mean(unit) + alpha * b.mean(unit);
      double deviation = (1 - alpha) * Math.sqrt(a.variance(unit)) + alpha * Math.sqrt(b.variance(unit));
      double own = Math.sqrt(merged.variance(unit));
      factors[unit] = own == 0 ? 1 : deviation / own;
      if (bias != null) {
        biases[unit] = mean + factors[unit] * (biases[unit] - merged.mean(unit));
      }
    }
    return new Rescaling(factors, biases);
  }

  /**
   * Changes a layer.
   *
   * @param weight modified
   * @param unitAxis the axis of {@code weight} along which the units lie
   * @param bias modified; null if the layer has none
   */
  void applyInPlace(INDArray weight, int unitAxis, @Nullable INDArray bias) {
    long[] shape = new long[weight.rank()];
    Arrays.fill(shape, 1);
    shape[unitAxis] = factors.length;
    try (INDArray exact = Nd4j.createFromArray(factors)) {
      INDArray factor = exact.castTo(weight.dataType()); // itself, if that is DOUBLE
      weight.muli(factor.reshape(shape));
      if (factor != exact) {
        factor.close();
      }
    }
    if (bias != null) {
      try (INDArray shift = Nd4j.createFromArray(biases)) {
        bias.assign(shift.reshape(bias.shape()));
      }
    }
  }
}
