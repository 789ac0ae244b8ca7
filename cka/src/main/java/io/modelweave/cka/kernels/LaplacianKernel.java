package io.modelweave.cka.kernels;

import io.modelweave.cka.Bandwidth;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * {@code exp(-‖x - y‖/σ)}, less 1 if σ is large: see {@link Exponential}.
 *
 * @param rule that the bandwidth comes from
 * @param bandwidth {@code σ}, NaN until {@link #fit} knows the features
 * @param lessOne whether 1 is subtracted, which changes no result
 */
public record LaplacianKernel(Bandwidth rule, double bandwidth, boolean lessOne) implements DistanceKernel {

  /** Makes a kernel whose bandwidth is not known yet. */
  public LaplacianKernel(Bandwidth rule) {
    this(rule, Double.NaN, false);
  }

  @Override
  public String name() {
    return "laplacian(%s)".formatted(rule);
  }

  @Override
  public LaplacianKernel fit(double sigma, double meanSquare) {
    return new LaplacianKernel(rule, sigma, Exponential.lessOne(-Math.sqrt(meanSquare) / sigma));
  }

  @Override
  public INDArray ofSquaredDistances(INDArray squares) {
    return Exponential.inPlace(Transforms.sqrt(squares, false).muli(-1 / bandwidth), lessOne);
  }

  @Override
  public void ofSquaredDistances(double[] squares, int from) {
    double factor = -1 / bandwidth;
    for (int j = from; j < squares.length; j++) {
      squares[j] = factor * Math.sqrt(squares[j]);
    }
    Exponential.inPlace(squares, from, lessOne);
  }
}
