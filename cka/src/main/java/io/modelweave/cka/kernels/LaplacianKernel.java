package io.modelweave.cka.kernels;

import io.modelweave.cka.Bandwidth;
import io.modelweave.cka.Invariance;
import io.modelweave.cka.Kernel;
import io.modelweave.cka.products.Distances;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * {@code exp(-‖x - y‖/σ)}, less 1 if σ is large: see {@link Exponential}.
 *
 * @param rule that the bandwidth comes from
 * @param bandwidth {@code σ}, NaN until {@link #fit} knows the features
 * @param lessOne whether 1 is subtracted, which changes no result
 */
public record LaplacianKernel(Bandwidth rule, double bandwidth, boolean lessOne) implements Kernel {

  /** Makes a kernel whose bandwidth is not known yet. */
  public LaplacianKernel(Bandwidth rule) {
    this(rule, Double.NaN, false);
  }

  @Override
  public String name() {
    return "laplacian(%s)".formatted(rule);
  }

  @Override
  public INDArray between(INDArray x, INDArray y) {
    return fromSquares(Distances.squared(x, y));
  }

  @Override
  public INDArray within(INDArray x) {
    return fromSquares(Distances.squared(x));
  }

  private INDArray fromSquares(INDArray squares) {
    return Exponential.inPlace(Transforms.sqrt(squares, false).muli(-1 / bandwidth), lessOne);
  }

  @Override
  public Set<Invariance> invariances() {
    return rule.invariances();
  }

  @Override
  public Kernel fit(INDArray x) {
    double sigma = rule.of(x);
    return new LaplacianKernel(rule, sigma, Exponential.lessOne(-Math.sqrt(Exponential.meanSquare(x)) / sigma));
  }
}
