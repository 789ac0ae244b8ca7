package io.modelweave.cka;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A value of CKA and how it changes with the features: what a loss needs.
 *
 * <p>The arrays are the caller's, who closes them.
 *
 * @param value CKA by the estimator asked for
 * @param x {@code ∂value/∂x}, {@code [n, p]}, of the type of x
 * @param y {@code ∂value/∂y}, {@code [n, q]}, of the type of y
 */
public record CkaGradient(double value, INDArray x, INDArray y) implements AutoCloseable {

  @Override
  public void close() {
    x.close();
    y.close();
  }
}
