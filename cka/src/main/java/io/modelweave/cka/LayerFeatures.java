package io.modelweave.cka;

import io.modelweave.cka.measure.FeatureMatrix;
import io.modelweave.cka.measure.ScaledFeatures;
import io.modelweave.cka.products.HostFloats;
import io.modelweave.cka.products.RowNorms;
import io.modelweave.cka.products.Scratch;
import java.util.function.Function;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The features of one layer, checked, of which any rows can be had ready for products. Rows may be asked for on several threads. */
abstract sealed class LayerFeatures implements AutoCloseable permits HeldFeatures, CenteredFloats {

  private final String label;
  private final double[] squaredNorms;
  private final int exponent;

  /**
   * Makes features.
   *
   * @param label what messages call the layer
   * @param squaredNorms {@code ‖x_i‖²} of each row
   * @param exponent the features are the rows times {@code 2^exponent}
   */
  LayerFeatures(String label, double[] squaredNorms, int exponent) {
    this.label = label;
    this.squaredNorms = squaredNorms;
    this.exponent = exponent;
  }

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

  /** Returns the type in which a kernel wants features that are to be computed in some type: what is not centred is always DOUBLE. */
  static DataType typeFor(Kernel kernel, DataType type) {
    return mayBeCentered(kernel) ? type : DataType.DOUBLE;
  }

  /**
   * Returns the features as a kernel wants them: with columns of mean 0 if that changes nothing, else as they are.
   *
   * @param type to be computed in, see {@link #typeFor}
   * @param scale whether they may be divided by a power of two, which keeps products from overflowing
   * @throws IllegalArgumentException if a value is NaN or infinite
   */
  static LayerFeatures of(Kernel kernel, INDArray x, String label, DataType type, boolean scale) {
    if (!mayBeCentered(kernel)) {
      return asGiven(x, label, scale);
    }
    CenteredFloats floats = type == DataType.FLOAT && HostFloats.AVAILABLE ? CenteredFloats.of(x, label) : null;
    return floats != null ? floats : centered(x, label, type, scale);
  }

  /** Returns all features in an array, with columns of mean 0. */
  static HeldFeatures centered(INDArray x, String label, DataType type, boolean scale) {
    HeldFeatures fast = HostFloats.AVAILABLE ? null : ArrayCentering.of(x, label, type, scale);
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
    return new HeldFeatures(label, values, RowNorms.squared(values), exponent, checked.isConstant());
  }

  private static HeldFeatures asGiven(INDArray x, String label, boolean scale) {
    FeatureMatrix checked = FeatureMatrix.of(x, label);
    if (scale) {
      ScaledFeatures scaled = checked.uncentered();
      return new HeldFeatures(label, scaled.values(), RowNorms.squared(scaled.values()), scaled.exponent(), checked.isConstant());
    }
    INDArray values = Nd4j.createUninitialized(DataType.DOUBLE, x.shape(), 'c').assign(x);
    return new HeldFeatures(label, values, RowNorms.squared(values), 0, checked.isConstant());
  }

  String label() {
    return label;
  }

  double[] squaredNorms() {
    return squaredNorms;
  }

  int exponent() {
    return exponent;
  }

  int samples() {
    return squaredNorms.length;
  }

  abstract int width();

  abstract DataType type();

  /** Returns whether all samples are the same. */
  abstract boolean constant();

  /** Returns some rows {@code [rows, d]} in an array to be given back to {@link Scratch}. */
  abstract INDArray rows(Tile tile);

  /** Returns some rows in an array to be given back to {@link Scratch}. */
  abstract INDArray rows(int[] indices);

  /** Returns what a function makes of all rows {@code [n, d]}, which it may neither modify nor keep. */
  abstract <T> T withAll(Function<INDArray, T> function);

  @Override
  public abstract void close();

  @Override
  public String toString() {
    return "%s [%d, %d]".formatted(label, samples(), width());
  }
}
