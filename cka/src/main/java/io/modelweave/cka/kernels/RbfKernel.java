package io.modelweave.cka.kernels;

import io.modelweave.cka.Bandwidth;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * {@code exp(-‖x - y‖²/(2σ²))}, less 1 if σ is large: see {@link Exponential}.
 *
 * @param rule that the bandwidth comes from
 * @param bandwidth {@code σ}, NaN until {@link #fit} knows the features
 * @param lessOne whether 1 is subtracted, which changes no result
 */
public record RbfKernel(Bandwidth rule, double bandwidth, boolean lessOne) implements DistanceKernel {

  /** Makes a kernel whose bandwidth is not known yet. */
  public RbfKernel(Bandwidth rule) {
    this(rule, Double.NaN, false);
  }

  @Override
  public String name() {
    return "rbf(%s)".formatted(rule);
  }

  @Override
  public RbfKernel fit(double sigma, double meanSquare) {
    return new RbfKernel(rule, sigma, Exponential.lessOne(-0.5 * meanSquare / (sigma * sigma)));
  }

  @Override
  public INDArray ofSquaredDistances(INDArray squares) {
    return Exponential.inPlace(squares.muli(factor()), lessOne);
  }

  @Override
  public void ofSquaredDistances(double[] squares, int from) {
    double factor = factor();
    for (int j = from; j < squares.length; j++) {
      squares[j] *= factor;
    }
    Exponential.inPlace(squares, from, lessOne);
  }

  private double factor() {
    return -0.5 / (bandwidth * bandwidth);
  }
}
