package io.modelweave.cka;

import org.nd4j.linalg.api.ndarray.INDArray;

/** Products of rows with rows, as arrays in 'c' order. */
final class DotProducts {

  private DotProducts() {}

  /** Returns {@code X Yᵀ}, {@code [a, b]}. */
  static INDArray between(INDArray x, INDArray y) {
    // A product comes in 'f' order: that of the transpose is the product in 'c' order.
    return y.mmul(x.transpose()).transpose();
  }

  /** Returns {@code X Xᵀ}, {@code [a, a]}, exactly symmetric where the backend can make it so in half the work. */
  static INDArray within(INDArray x) {
    return SymmetricProduct.FASTEST.of(x);
  }
}
