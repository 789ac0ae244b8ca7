package io.modelweave.cka.kernels;

import io.modelweave.cka.Bandwidth;
import io.modelweave.cka.Invariance;
import io.modelweave.cka.Kernel;
import io.modelweave.cka.products.Distances;
import io.modelweave.cka.products.RowNorms;
import java.util.Arrays;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A kernel of the distance of two samples, which may be had from the product and the lengths of both, in units of a bandwidth. */
public sealed interface DistanceKernel extends Kernel permits RbfKernel, LaplacianKernel {

  /** Returns the rule that the bandwidth comes from. */
  Bandwidth rule();

  /**
   * Returns this kernel with its bandwidth fixed.
   *
   * @param sigma the bandwidth
   * @param meanSquare the mean of {@code ‖x_i - x_j‖²} over all {@code n²} pairs
   */
  DistanceKernel fit(double sigma, double meanSquare);

  /** Returns this kernel with its bandwidth fixed for centred features {@code [n, d]}. */
  @Override
  default Kernel fit(INDArray x) {
    return fit(rule().of(x), 2 * Arrays.stream(RowNorms.squared(x)).sum() / x.size(0));
  }

  /**
   * Replaces squared distances by the kernel, in plain Java.
   *
   * @param squares {@code ‖x - y_j‖²} of one sample and others
   * @param from the first to replace
   */
  void ofSquaredDistances(double[] squares, int from);

  /** Replaces {@code ‖x_i - y_j‖²}, {@code [a, b]}, by the kernel, by operations of any backend, and returns the array. */
  INDArray ofSquaredDistances(INDArray squares);

  @Override
  default INDArray between(INDArray x, INDArray y) {
    return ofSquaredDistances(Distances.squared(x, y));
  }

  @Override
  default INDArray within(INDArray x) {
    return ofSquaredDistances(Distances.squared(x));
  }

  @Override
  default Set<Invariance> invariances() {
    return rule().invariances();
  }
}
