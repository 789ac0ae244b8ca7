package io.modelweave.cka;

import io.modelweave.cka.products.RowNorms;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Centres features in DOUBLE by array operations alone, where arrays live on a device and looping over them would move them. */
final class ArrayCentering {

  private ArrayCentering() {}

  /** Returns the centred features, or nothing if they are not finite or their differences are not. */
  static @Nullable HeldFeatures of(INDArray x, String label, DataType type, boolean scale) {
    INDArray wide = Nd4j.createUninitialized(DataType.DOUBLE, x.shape(), 'c').assign(x);
    try (INDArray highest = wide.max(0); INDArray lowest = wide.min(0); INDArray difference = highest.neq(lowest);
        INDArray varies = difference.castTo(DataType.DOUBLE)) {
      subtractMeans(wide);
      // The mean of a large offset is itself rounded; what is left of it after one pass is small enough for the second.
      subtractMeans(wide);
      // Exactly zero rather than the rounding of a mean, so that a constant layer is recognised without a tolerance.
      wide.muliRowVector(varies);
    }
    double largest = wide.amaxNumber().doubleValue();
    if (!isFinite(wide)) {
      wide.close();
      return null;
    }
    int exponent = scale && largest > 0 ? Math.getExponent(largest) + 1 : 0;
    if (exponent != 0) {
      wide.muli(Math.scalb(1.0, -exponent));
    }
    double[] norms = RowNorms.squared(wide);
    if (type == DataType.DOUBLE) {
      return new HeldFeatures(label, wide, norms, exponent, largest == 0);
    }
    try (wide) {
      return new HeldFeatures(label, wide.castTo(type), norms, exponent, largest == 0);
    }
  }

  private static void subtractMeans(INDArray wide) {
    try (INDArray means = wide.mean(0)) {
      wide.subiRowVector(means);
    }
  }

  /** Returns whether all is finite: what is not differs from itself, or has no difference. */
  private static boolean isFinite(INDArray x) {
    try (INDArray zero = x.sub(x)) {
      return zero.sumNumber().doubleValue() == 0;
    }
  }
}
