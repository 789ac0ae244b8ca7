package io.modelweave.core.testing;

import java.util.Arrays;
import org.assertj.core.api.AbstractAssert;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Assertions on arrays that say where and by how much two differ; {@code INDArray.equals} has a hidden tolerance. */
public final class ArrayAssert extends AbstractAssert<ArrayAssert, INDArray> {

  private ArrayAssert(INDArray actual) {
    super(actual, ArrayAssert.class);
  }

  public static ArrayAssert assertThatArray(INDArray actual) {
    return new ArrayAssert(actual);
  }

  /** Passes if shapes agree and {@code |actual - expected| <= tolerance} everywhere; NaN never passes. */
  public ArrayAssert isCloseTo(INDArray expected, double tolerance) {
    hasShape(expected.shape());
    double[] a = doubles(actual);
    double[] e = doubles(expected);
    int worst = 0;
    double largest = 0;
    for (int i = 0; i < a.length; i++) {
      double error = Math.abs(a[i] - e[i]);
      if (!(error <= largest)) {
        largest = error;
        worst = i;
      }
    }
    if (!(largest <= tolerance)) {
      failWithMessage("largest error %s > %s at flat index %s of %s: actual %s, expected %s",
          largest, tolerance, worst, Arrays.toString(actual.shape()), a[worst], e[worst]);
    }
    return this;
  }

  /** Passes if {@code max|actual - expected| <= tolerance * max|expected|}. */
  public ArrayAssert isRelativelyCloseTo(INDArray expected, double tolerance) {
    double scale = Arrays.stream(doubles(expected)).map(Math::abs).max().orElse(0);
    return isCloseTo(expected, tolerance * scale);
  }

  /** Passes if dtype, shape and every bit agree. */
  public ArrayAssert isBitEqualTo(INDArray expected) {
    hasShape(expected.shape());
    if (actual.dataType() != expected.dataType()) {
      failWithMessage("dtype is %s, expected %s", actual.dataType(), expected.dataType());
    }
    double[] a = doubles(actual);
    double[] e = doubles(expected);
    for (int i = 0; i < a.length; i++) {
      if (Double.doubleToRawLongBits(a[i]) != Double.doubleToRawLongBits(e[i])) {
        failWithMessage("bits differ at flat index %s of %s: actual %s, expected %s", i, Arrays.toString(actual.shape()), a[i], e[i]);
      }
    }
    return this;
  }

  public ArrayAssert hasShape(long... shape) {
    isNotNull();
    if (!Arrays.equals(actual.shape(), shape)) {
      failWithMessage("shape is %s, expected %s", Arrays.toString(actual.shape()), Arrays.toString(shape));
    }
    return this;
  }

  private static double[] doubles(INDArray array) {
    return array.castTo(DataType.DOUBLE).dup('c').reshape(array.length()).toDoubleVector();
  }
}
