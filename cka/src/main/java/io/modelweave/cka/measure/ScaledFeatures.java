package io.modelweave.cka.measure;

import io.modelweave.cka.products.HostFloats;
import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A DOUBLE copy of features, divided by a power of two so that their largest magnitude is in {@code [0.5, 1)}.
 *
 * <p>The division costs no digit and keeps products of products from overflowing.
 *
 * @param values {@code [n, d]} in 'c' order, owned by this object
 * @param exponent the features are {@code values} times {@code 2^exponent}
 */
public record ScaledFeatures(INDArray values, int exponent) implements AutoCloseable {

  static ScaledFeatures uncentered(INDArray given) {
    double[] rows = CenteredFeatures.values(given);
    double largest = Arrays.stream(rows).map(Math::abs).max().orElse(0);
    int exponent = largest == 0 ? 0 : Math.getExponent(largest) + 1;
    for (int i = 0; i < rows.length; i++) {
      rows[i] = Math.scalb(rows[i], -exponent);
    }
    long[] shape = given.shape();
    return new ScaledFeatures(Nd4j.create(rows, shape, new long[] {shape[1], 1}, 'c', DataType.DOUBLE), exponent);
  }

  /** Returns a copy of the values on the heap, row by row. */
  public double[] rows() {
    return HostFloats.doubles(values);
  }

  @Override
  public void close() {
    values.close();
  }
}
