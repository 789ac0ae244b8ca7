package io.modelweave.cka;

import static java.util.Objects.requireNonNull;

import io.modelweave.cka.kernels.CosineKernel;
import io.modelweave.cka.kernels.DualMedianKernel;
import io.modelweave.cka.kernels.LaplacianKernel;
import io.modelweave.cka.kernels.LinearKernel;
import io.modelweave.cka.kernels.PolynomialKernel;
import io.modelweave.cka.kernels.RbfKernel;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A similarity of two samples, whose values over all pairs are the Gram matrix that {@link Cka} compares.
 *
 * <p>Implement {@link #name()} and {@link #between} for a kernel of your own; it should be positive semi-definite, without which CKA
 * may leave {@code [-1, 1]}. An additive constant changes no result, so that kernels near 1 are better given less 1. Implementations
 * are immutable.
 *
 * <p>Source: Kornblith et al. 2019 (linear, RBF); Gretton et al. 2005.
 */
public interface Kernel {

  /** Returns what results call this kernel: its family with its constants, for instance {@code "polynomial(3, 0.2, 1.0)"}. */
  String name();

  /**
   * Returns the kernel of each row of {@code x} with each row of {@code y}.
   *
   * @param x {@code [a, d]}, FLOAT or DOUBLE; not to be modified
   * @param y {@code [b, d]} of the same type; not to be modified
   * @return {@code [a, b]} of that type, owned by the caller
   */
  INDArray between(INDArray x, INDArray y);

  /**
   * Returns the kernel of each row with each other, {@code [a, a]}, owned by the caller: {@link #between} of {@code x} and itself,
   * unless the diagonal is known better.
   *
   * @param x {@code [a, d]}
   */
  default INDArray within(INDArray x) {
    return between(x, x);
  }

  /**
   * Writes {@link #between(INDArray, INDArray)} into {@code to}: worth overriding for a kernel that can do so without an array of its own.
   *
   * @param to {@code [a, b]} in 'c' order, of the type of x and y; overwritten
   * @throws IllegalArgumentException if the kernel is not of that shape
   */
  default void between(INDArray x, INDArray y, INDArray to) {
    try (INDArray values = between(x, y)) {
      Tile.copy(values, to, this);
    }
  }

  /**
   * Writes {@link #within(INDArray)} into {@code to}, {@code [a, a]}, where only what is above the diagonal and on it is read: see
   * {@link #between(INDArray, INDArray, INDArray)}.
   */
  default void within(INDArray x, INDArray to) {
    try (INDArray values = within(x)) {
      Tile.copy(values, to, this);
    }
  }

  /**
   * Returns what may be done to the features of a layer without changing CKA with this kernel; nothing, unless it is overridden.
   *
   * <p>With {@link Invariance#TRANSLATION} among them, features are centred first, which is what keeps FLOAT exact far from zero; otherwise
   * the kernel is given them as they are, in DOUBLE.
   */
  default Set<Invariance> invariances() {
    return Set.of();
  }

  /**
   * Returns this kernel with all that depends on the data, such as a bandwidth, fixed for one layer.
   *
   * @param x {@code [n, d]}, all samples of the layer
   */
  default Kernel fit(INDArray x) {
    return this;
  }

  /**
   * Returns the features that the fitted kernel is evaluated on, made once for a layer: {@code x} itself or a new array.
   *
   * @param x {@code [n, d]}, all samples of the layer
   */
  default INDArray map(INDArray x) {
    return x;
  }

  /** Returns the bandwidth {@code σ} of a fitted kernel, in units of the features, or NaN if it has no single one. */
  default double bandwidth() {
    return Double.NaN;
  }

  /** Returns {@code x·y}. */
  static Kernel linear() {
    return new LinearKernel();
  }

  /** Returns {@code exp(-‖x - y‖²/(2σ²))}. */
  static Kernel rbf(Bandwidth bandwidth) {
    return requireNonNull(bandwidth, "bandwidth").perSample() ? new DualMedianKernel() : new RbfKernel(bandwidth);
  }

  /**
   * Returns {@code exp(-‖x - y‖/σ)} with the Euclidean norm.
   *
   * @throws IllegalArgumentException if the bandwidth is one a sample
   */
  static Kernel laplacian(Bandwidth bandwidth) {
    if (requireNonNull(bandwidth, "bandwidth").perSample()) {
      throw new IllegalArgumentException("a Laplacian kernel has one bandwidth a layer, not %s".formatted(bandwidth));
    }
    return new LaplacianKernel(bandwidth);
  }

  /**
   * Returns {@code (scale x·y + offset)^degree}, of features as they are, not centred.
   *
   * @throws IllegalArgumentException unless {@code degree >= 1}, {@code scale > 0} and {@code offset >= 0}
   */
  static Kernel polynomial(int degree, double scale, double offset) {
    return new PolynomialKernel(degree, scale, offset);
  }

  /** Returns {@code (x·y/d + 1)^degree}, where {@code d} is the width of the layer. */
  static Kernel polynomial(int degree) {
    return new PolynomialKernel(degree, PolynomialKernel.BY_WIDTH, 1);
  }

  /** Returns {@code x·y/(‖x‖‖y‖)} of features as they are, not centred; a sample that is all zero has similarity 0. */
  static Kernel cosine() {
    return new CosineKernel();
  }
}
