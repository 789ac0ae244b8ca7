package io.modelweave.cka;

import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** {@code exp(-‖x - y‖/σ)}, less 1 if σ is large: see {@link Exponential}. */
record LaplacianKernel(Bandwidth rule, double bandwidth, boolean lessOne) implements Kernel {

  LaplacianKernel(Bandwidth rule) {
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
