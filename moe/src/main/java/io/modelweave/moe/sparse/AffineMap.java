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

  int outputs() {
    return Math.toIntExact(weight.size(transposed ? 0 : 1));
  }

  /** Writes {@code x W [r, out]} for {@code x [r, in]}. */
  void multiply(INDArray x, INDArray product) {
    Nd4j.matmul(x, weight, product, false, transposed, false);
  }

  /** Writes {@code dx = dy W^T [r, in]} for {@code dy [r, out]}. */
  void backward(INDArray dy, INDArray dx) {
    Nd4j.matmul(dy, weight, dx, false, !transposed, false);
  }

  /** Returns {@code b} as it is now, zeros if there is none. */
  float[] biases() {
    return bias == null ? new float[outputs()] : bias.toFloatVector();
  }

  /** Adds a vector to the first of {@code rows} of its length. */
  static void add(float[] vector, float[] row) {
    for (int i = 0; i < vector.length; i++) {
      row[i] += vector[i];
    }
  }
}
