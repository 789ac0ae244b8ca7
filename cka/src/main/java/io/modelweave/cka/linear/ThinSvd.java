package io.modelweave.cka.linear;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * {@code X = U S Vᵀ} without {@code V}: an orthonormal basis {@code U [n, r]} of what the features span, and its lengths.
 *
 * <p>Directions with {@code s_i <= 1e-10 s_1} are rounding and left out, so that {@code r} is the numerical rank.
 */
final class ThinSvd implements AutoCloseable {

  private static final double NEGLIGIBLE = 1e-10;

  private final INDArray basis;
  private final double[] lengths;

  private ThinSvd(INDArray basis, double[] lengths) {
    this.basis = basis;
    this.lengths = lengths;
  }

  /** Decomposes {@code x [n, d]}, which is neither modified nor closed and not all zero. Costs O(n d min(n, d)) flops. */
  static ThinSvd of(INDArray x) {
    if (x.rows() <= x.columns()) {
      return square(x.dup('f'), null);
    }
    // gesvd would return all of the [n, n] basis; QR first keeps it to the d directions that there are.
    INDArray q = x.dup('f');
    INDArray r = Nd4j.create(DataType.DOUBLE, new long[] {x.columns(), x.columns()}, 'f');
    Nd4j.getBlasWrapper().lapack().geqrf(q, r);
    return square(r, q);
  }

  private static ThinSvd square(INDArray a, @Nullable INDArray q) {
    try (a; q; INDArray u = Nd4j.create(DataType.DOUBLE, new long[] {a.rows(), a.rows()}, 'f')) {
      double[] all = decompose(a, u, null);
      int rank = 0;
      while (rank < all.length && all[rank] > NEGLIGIBLE * all[0]) {
        rank++;
      }
      INDArray kept = u.get(NDArrayIndex.all(), NDArrayIndex.interval(0, rank));
      return new ThinSvd(q == null ? kept.dup('f') : q.mmul(kept), Arrays.copyOf(all, rank));
    }
  }

  /** Returns the singular values of {@code a}, largest first. */
  static double[] values(INDArray a) {
    try (INDArray copy = a.dup('f')) {
      return decompose(copy, null, null);
    }
  }

  /**
   * Returns the singular values of {@code a [m, n]}, largest first.
   *
   * @param a in 'f' order. Modified
   * @param u {@code [m, m]} in 'f' order, or null. Modified: the left singular vectors, as columns
   * @param vt {@code [n, n]} in 'f' order, or null. Modified: the right singular vectors, as rows
   */
  static double[] decompose(INDArray a, @Nullable INDArray u, @Nullable INDArray vt) {
    double norm = a.norm2Number().doubleValue();
    try (INDArray s = Nd4j.create(DataType.DOUBLE, Math.min(a.rows(), a.columns()))) {
      Nd4j.getBlasWrapper().lapack().gesvd(a, s, u, vt);
      double[] values = s.data().asDouble();
      double squares = 0;
      for (double value : values) {
        squares += value * value;
      }
      // ND4J only logs that gesvd did not converge.
      if (!(Math.abs(Math.sqrt(squares) - norm) <= 1e-8 * norm)) {
        throw new ArithmeticException(
            "the singular values of [%d, %d] did not converge: their norm is %s, that of the matrix %s"
                .formatted(a.rows(), a.columns(), Math.sqrt(squares), norm));
      }
      return values;
    }
  }

  /** Returns {@code U}, {@code [n, r]}, owned by this object. */
  INDArray basis() {
    return basis;
  }

  /** Returns the first {@code count} columns of {@code U}, a view. */
  INDArray basis(int count) {
    return basis.get(NDArrayIndex.all(), NDArrayIndex.interval(0, count));
  }

  /** Returns the singular values, largest first; not to be modified. */
  double[] lengths() {
    return lengths;
  }

  int rank() {
    return lengths.length;
  }

  /**
   * Returns {@code U} with its columns multiplied by {@code weights}, {@code [n, r]}: with {@link #lengths()}, the features turned
   * so that they need no more columns than they have rank. The caller closes it.
   */
  INDArray scaled(double[] weights) {
    try (INDArray row = Nd4j.createFromArray(weights)) {
      return basis.mulRowVector(row);
    }
  }

  @Override
  public void close() {
    basis.close();
  }
}
