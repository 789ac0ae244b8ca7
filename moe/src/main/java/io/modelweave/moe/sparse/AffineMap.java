package io.modelweave.moe.sparse;

import io.modelweave.core.transformer.Linear;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * {@code y = x W + b} with frozen {@code W} and {@code b}.
 *
 * @param weight {@code W [in, out]}, or its transpose {@code [out, in]}
 * @param transposed whether {@code weight} is the transpose
 * @param bias {@code b [out]}, or null for none
 */
record AffineMap(INDArray weight, boolean transposed, @Nullable INDArray bias) {

  static AffineMap of(Linear linear) {
    return new AffineMap(linear.weight(), true, linear.bias());
  }

  long outputs() {
    return weight.size(transposed ? 0 : 1);
  }

  /** Writes {@code y [r, out]} for {@code x [r, in]}. */
  void forward(INDArray x, INDArray y) {
    Nd4j.matmul(x, weight, y, false, transposed, false);
    if (bias != null) {
      y.addiRowVector(bias);
    }
  }

  /** Writes {@code dx = dy W^T [r, in]} for {@code dy [r, out]}. */
  void backward(INDArray dy, INDArray dx) {
    Nd4j.matmul(dy, weight, dx, false, !transposed, false);
  }

  /** Writes {@code <dy_n, b>} of each row into a column {@code [r, 1]}. */
  void biasProducts(INDArray dy, INDArray column) {
    if (bias == null) {
      column.assign(0);
    } else {
      Nd4j.matmul(dy, bias.reshape(bias.length(), 1), column, false, false, false);
    }
  }
}
