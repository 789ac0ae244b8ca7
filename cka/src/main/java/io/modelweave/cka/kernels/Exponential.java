package io.modelweave.cka.kernels;

import io.modelweave.cka.products.RowNorms;
import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * {@code exp(u)} of a kernel, or {@code exp(u) - 1}, which no HSIC tells apart.
 *
 * <p>The digits that tell samples apart are lost beside the 1 where the bandwidth is large, and lost by subtracting it where the
 * bandwidth is small. So it is subtracted where the kernel is mostly near 1.
 */
final class Exponential {

  private Exponential() {}

  /** Returns whether to subtract 1 for exponents of about this mean. */
  static boolean lessOne(double meanExponent) {
    return meanExponent > -0.5;
  }

  /** Returns the mean of {@code ‖x_i - x_j‖²} over all {@code n²} pairs of centred features. */
  static double meanSquare(INDArray x) {
    return 2 * Arrays.stream(RowNorms.squared(x)).sum() / x.size(0);
  }

  /** Replaces non-positive {@code u} by its exponential, and returns it. */
  static INDArray inPlace(INDArray u, boolean lessOne) {
    if (!lessOne) {
      return Transforms.exp(u, false);
    }
    // 2 sinh(u/2) exp(u/2): ND4J's expm1 is exp less 1 and loses what this is for; its sinh does not.
    u.muli(0.5);
    try (INDArray half = Transforms.exp(u, true)) {
      return Transforms.sinh(u, false).muli(half).muli(2);
    }
  }
}
