package io.modelweave.cka.kernels;

import io.modelweave.cka.Bandwidth;
import io.modelweave.cka.Invariance;
import io.modelweave.cka.Kernel;
import io.modelweave.cka.products.Distances;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * {@code exp(-‖x - y‖²/(2σ²))}, less 1 if σ is large: see {@link Exponential}.
 *
 * @param rule that the bandwidth comes from
 * @param bandwidth {@code σ}, NaN until {@link #fit} knows the features
 * @param lessOne whether 1 is subtracted, which changes no result
 */
public record RbfKernel(Bandwidth rule, double bandwidth, boolean lessOne) implements Kernel {

  /** Makes a kernel whose bandwidth is not known yet. */
  public RbfKernel(Bandwidth rule) {
    this(rule, Double.NaN, false);
  }

  @Override
  public String name() {
    return "rbf(%s)".formatted(rule);
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
    return Exponential.inPlace(squares.muli(-0.5 / (bandwidth * bandwidth)), lessOne);
  }

  @Override
  public Set<Invariance> invariances() {
    return rule.invariances();
  }

  @Override
  public Kernel fit(INDArray x) {
    double sigma = rule.of(x);
    return new RbfKernel(rule, sigma, Exponential.lessOne(-0.5 * Exponential.meanSquare(x) / (sigma * sigma)));
  }
}
