package io.modelweave.cka.kernels;

import io.modelweave.cka.Invariance;
import io.modelweave.cka.Kernel;
import io.modelweave.cka.products.RowProducts;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * {@code (scale x·y + offset)^degree}.
 *
 * @param degree at least 1
 * @param scale above 0, or {@link #BY_WIDTH}
 * @param offset at least 0
 */
public record PolynomialKernel(int degree, double scale, double offset) implements Kernel {

  /** A scale of one over the width of the layer. */
  public static final double BY_WIDTH = Double.NaN;

  /** Checks the constants. */
  public PolynomialKernel {
    if (degree < 1 || scale <= 0 || Double.isInfinite(scale) || !(offset >= 0) || Double.isInfinite(offset)) {
      throw new IllegalArgumentException(
          "a polynomial kernel needs a degree of at least 1, a scale above 0 and an offset of at least 0, but they are %d, %s and %s"
              .formatted(degree, scale, offset));
    }
  }

  @Override
  public String name() {
    return "polynomial(%d, %s, %s)".formatted(degree, Double.isNaN(scale) ? "1/d" : scale, offset);
  }

  @Override
  public Set<Invariance> invariances() {
    return Set.of(Invariance.ORTHOGONAL);
  }

  @Override
  public INDArray between(INDArray x, INDArray y) {
    return raised(RowProducts.FASTEST.between(x, y), x);
  }

  @Override
  public INDArray within(INDArray x) {
    return raised(RowProducts.FASTEST.within(x), x);
  }

  private INDArray raised(INDArray products, INDArray x) {
    products.muli(Double.isNaN(scale) ? 1.0 / x.size(1) : scale).addi(offset);
    return degree == 1 ? products : Transforms.pow(products, degree, false);
  }
}
