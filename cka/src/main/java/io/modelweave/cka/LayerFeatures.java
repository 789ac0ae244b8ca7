package io.modelweave.cka;

import io.modelweave.cka.measure.FeatureMatrix;
import io.modelweave.cka.measure.ScaledFeatures;
import io.modelweave.cka.products.HostFloats;
import io.modelweave.cka.products.RowNorms;
import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The features of one layer, checked, in an array of our own that is ready for products.
 *
 * @param label what messages call the layer
 * @param values {@code [n, d]} in 'c' order
 * @param squaredNorms {@code ‖x_i‖²} of each row, summed in DOUBLE
 * @param exponent the features are {@code values} times {@code 2^exponent}
 * @param constant whether all samples are the same
 */
record LayerFeatures(String label, INDArray values, double[] squaredNorms, int exponent, boolean constant) implements AutoCloseable {

  /** Returns the type that features are compared in: FLOAT for FLOAT and narrower, else DOUBLE. */
  static DataType precision(INDArray x) {
    return switch (x.dataType()) {
      case FLOAT, HALF, BFLOAT16 -> DataType.FLOAT;
      default -> DataType.DOUBLE;
    };
  }

  static boolean mayBeCentered(Kernel kernel) {
    return kernel.invariances().contains(Invariance.TRANSLATION);
  }

  /**
   * Returns the features with columns of mean 0.
   *
   * @param scale whether they may be divided by a power of two, which keeps products from overflowing
   * @throws IllegalArgumentException if a value is NaN or infinite
   */
  static LayerFeatures centered(INDArray x, String label, DataType type, boolean scale) {
    LayerFeatures fast = !HostFloats.AVAILABLE ? ArrayCentering.of(x, label, type, scale)
        : type == DataType.FLOAT ? FloatCentering.of(x, label) : null;
    if (fast != null) {
      return fast;
    }
    // In plain Java, with a message for what cannot be centred.
    FeatureMatrix checked = FeatureMatrix.of(x, label);
    ScaledFeatures features = checked.centered();
    INDArray values = features.values();
    int exponent = scale ? features.exponent() : 0;
    if (!scale) {
      values.muli(Math.scalb(1.0, features.exponent()));
    }
    if (type == DataType.FLOAT) {
      INDArray narrow = values.castTo(type);
      values.close();
      values = narrow;
    }
    return new LayerFeatures(label, values, RowNorms.squared(values), exponent, checked.isConstant());
  }

  /**
   * Returns the features as they are, in DOUBLE.
   *
   * @param scale whether they may be divided by a power of two, which keeps products from overflowing
   * @throws IllegalArgumentException if a value is NaN or infinite
   */
  static LayerFeatures asGiven(INDArray x, String label, boolean scale) {
    FeatureMatrix checked = FeatureMatrix.of(x, label);
    if (scale) {
      ScaledFeatures scaled = checked.uncentered();
      return new LayerFeatures(label, scaled.values(), RowNorms.squared(scaled.values()), scaled.exponent(), checked.isConstant());
    }
    INDArray values = Nd4j.createUninitialized(DataType.DOUBLE, x.shape(), 'c').assign(x);
    return new LayerFeatures(label, values, RowNorms.squared(values), 0, checked.isConstant());
  }

  int samples() {
    return (int) values.size(0);
  }

  int width() {
    return (int) values.size(1);
  }

  DataType type() {
    return values.dataType();
  }

  /** Returns rows {@code from} to {@code to}, as a view. */
  static INDArray rows(INDArray x, int from, int to) {
    return x.get(org.nd4j.linalg.indexing.NDArrayIndex.interval(from, to), org.nd4j.linalg.indexing.NDArrayIndex.all());
  }

  @Override
  public void close() {
    values.close();
  }

  @Override
  public String toString() {
    return "%s %s".formatted(label, Arrays.toString(values.shape()));
  }
}
