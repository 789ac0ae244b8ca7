package io.modelweave.cka.products;

import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.openblas.global.openblas;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The products of the OpenBLAS that ND4J's CPU backend is linked with: {@code syrk}, of which one triangle is copied to the other, and
 * {@code gemm} of views, which ND4J would copy first.
 */
final class OpenBlasProducts implements RowProducts {

  /**
   * How a matrix {@code [n, d]} lies in memory.
   *
   * @param array that memory is of
   * @param operation what BLAS is told to do with it to see its rows
   * @param leading elements from one row, or column, to the next
   * @param copy whether the array is ours to close
   */
  private record Layout(INDArray array, int operation, int leading, boolean copy) implements AutoCloseable {

    static Layout of(INDArray x) {
      if (x.stride(1) == 1 && x.stride(0) >= x.size(1)) {
        return new Layout(x, openblas.CblasNoTrans, x.stride(0), false);
      }
      if (x.stride(0) == 1 && x.stride(1) >= x.size(0)) {
        return new Layout(x, openblas.CblasTrans, x.stride(1), false);
      }
      return new Layout(x.dup('c'), openblas.CblasNoTrans, (int) x.size(1), true);
    }

    FloatPointer floats() {
      return new FloatPointer(array.data().addressPointer());
    }

    DoublePointer doubles() {
      return new DoublePointer(array.data().addressPointer());
    }

    @Override
    public void close() {
      if (copy) {
        array.close();
      }
    }
  }

  @Override
  public INDArray between(INDArray x, INDArray y) {
    INDArray product = Nd4j.createUninitialized(x.dataType(), new long[] {x.size(0), y.size(0)}, 'c');
    between(x, y, product);
    return product;
  }

  @Override
  public INDArray within(INDArray x) {
    INDArray product = Nd4j.createUninitialized(x.dataType(), new long[] {x.size(0), x.size(0)}, 'c');
    within(x, product);
    HostTile.mirror(product);
    return product;
  }

  @Override
  public void between(INDArray x, INDArray y, INDArray to) {
    int n = (int) x.size(0);
    int m = (int) y.size(0);
    int d = (int) x.size(1);
    try (Layout left = Layout.of(x); Layout right = Layout.of(y)) {
      int transposed = right.operation() == openblas.CblasTrans ? openblas.CblasNoTrans : openblas.CblasTrans;
      if (x.dataType() == DataType.FLOAT) {
        openblas.cblas_sgemm(openblas.CblasRowMajor, left.operation(), transposed, n, m, d, 1, left.floats(), left.leading(),
            right.floats(), right.leading(), 0, new FloatPointer(to.data().addressPointer()), m);
      } else {
        openblas.cblas_dgemm(openblas.CblasRowMajor, left.operation(), transposed, n, m, d, 1, left.doubles(), left.leading(),
            right.doubles(), right.leading(), 0, new DoublePointer(to.data().addressPointer()), m);
      }
    }
  }

  @Override
  public void within(INDArray x, INDArray to) {
    try (Layout from = Layout.of(x)) {
      addSquare(from, (int) x.size(0), (int) x.size(1), 0, to);
    }
  }

  /** Writes {@code X Xᵀ + keep · to} on and above the diagonal. */
  private static void addSquare(Layout x, int n, int d, float keep, INDArray to) {
    if (to.dataType() == DataType.FLOAT) {
      openblas.cblas_ssyrk(openblas.CblasRowMajor, openblas.CblasUpper, x.operation(), n, d, 1, x.floats(), x.leading(), keep,
          new FloatPointer(to.data().addressPointer()), n);
    } else {
      openblas.cblas_dsyrk(openblas.CblasRowMajor, openblas.CblasUpper, x.operation(), n, d, 1, x.doubles(), x.leading(), keep,
          new DoublePointer(to.data().addressPointer()), n);
    }
  }

  @Override
  public void rowByRow(INDArray stack, int end, int start, int from, INDArray to) {
    int last = (int) stack.size(0) - start;
    int d = (int) stack.size(2);
    int layer = (int) stack.size(1) * d;
    long some = end * (long) last;
    if (stack.dataType() == DataType.FLOAT) {
      FloatPointer left = new FloatPointer(stack.data().addressPointer());
      FloatPointer right = left.getPointer(start * (long) layer);
      FloatPointer products = new FloatPointer(to.data().addressPointer());
      for (int k = 0; k < to.size(0); k++) {
        long row = (from + k) * (long) d;
        openblas.cblas_sgemm(openblas.CblasRowMajor, openblas.CblasNoTrans, openblas.CblasTrans, end, last, d, 1, left.position(row), layer,
            right.position(row), layer, 0, products.position(k * some), last);
      }
    } else {
      DoublePointer left = new DoublePointer(stack.data().addressPointer());
      DoublePointer right = left.getPointer(start * (long) layer);
      DoublePointer products = new DoublePointer(to.data().addressPointer());
      for (int k = 0; k < to.size(0); k++) {
        long row = (from + k) * (long) d;
        openblas.cblas_dgemm(openblas.CblasRowMajor, openblas.CblasNoTrans, openblas.CblasTrans, end, last, d, 1, left.position(row), layer,
            right.position(row), layer, 0, products.position(k * some), last);
      }
    }
  }

  @Override
  public void crossed(INDArray x, INDArray y, boolean add, INDArray to) {
    int keep = add ? 1 : 0;
    int n = (int) x.size(0);
    int p = (int) x.size(1);
    int q = (int) y.size(1);
    if (x == y) {
      addSquare(Layout.of(x.transpose()), p, n, keep, to);
    } else if (to.dataType() == DataType.FLOAT) {
      openblas.cblas_sgemm(openblas.CblasRowMajor, openblas.CblasTrans, openblas.CblasNoTrans, p, q, n, 1,
          new FloatPointer(x.data().addressPointer()), p, new FloatPointer(y.data().addressPointer()), q, keep,
          new FloatPointer(to.data().addressPointer()), q);
    } else {
      openblas.cblas_dgemm(openblas.CblasRowMajor, openblas.CblasTrans, openblas.CblasNoTrans, p, q, n, 1,
          new DoublePointer(x.data().addressPointer()), p, new DoublePointer(y.data().addressPointer()), q, keep,
          new DoublePointer(to.data().addressPointer()), q);
    }
  }

  @Override
  public double[] weightedSum(INDArray x, double[] weights) {
    return timesVector(x, openblas.CblasTrans, weights, (int) x.size(1));
  }

  @Override
  public double[][] weightedSums(INDArray x, double[][] weights) {
    int n = (int) x.size(0);
    int d = (int) x.size(1);
    if (weights.length == 1 || x.dataType() != DataType.FLOAT) {
      return RowProducts.super.weightedSums(x, weights);
    }
    // A product with few rows is not bound by arithmetic: it reads the features once for all weights.
    double[][] sums = new double[weights.length][d];
    float[] narrow = new float[Math.max(n, d)];
    try (FloatPointer w = new FloatPointer((long) weights.length * n); FloatPointer product = new FloatPointer((long) weights.length * d)) {
      for (int k = 0; k < weights.length; k++) {
        for (int i = 0; i < n; i++) {
          narrow[i] = (float) weights[k][i];
        }
        w.position((long) k * n).put(narrow, 0, n);
      }
      openblas.cblas_sgemm(openblas.CblasRowMajor, openblas.CblasNoTrans, openblas.CblasNoTrans, weights.length, d, n, 1, w.position(0), n,
          new FloatPointer(x.data().addressPointer()), d, 0, product, d);
      for (int k = 0; k < weights.length; k++) {
        product.position((long) k * d).get(narrow, 0, d);
        for (int j = 0; j < d; j++) {
          sums[k][j] = narrow[j];
        }
      }
      product.position(0);
    }
    return sums;
  }

  @Override
  public double[] projections(INDArray x, double[] direction) {
    return timesVector(x, openblas.CblasNoTrans, direction, (int) x.size(0));
  }

  private static double[] timesVector(INDArray x, int operation, double[] vector, int length) {
    int n = (int) x.size(0);
    int d = (int) x.size(1);
    double[] result = new double[length];
    if (x.dataType() == DataType.DOUBLE) {
      DoublePointer matrix = new DoublePointer(x.data().addressPointer());
      try (DoublePointer v = new DoublePointer(vector); DoublePointer product = new DoublePointer(length)) {
        openblas.cblas_dgemv(openblas.CblasRowMajor, operation, n, d, 1, matrix, d, v, 1, 0, product, 1);
        product.get(result);
      }
      return result;
    }
    FloatPointer matrix = new FloatPointer(x.data().addressPointer());
    float[] narrow = new float[Math.max(vector.length, length)];
    for (int i = 0; i < vector.length; i++) {
      narrow[i] = (float) vector[i];
    }
    try (FloatPointer v = new FloatPointer(narrow); FloatPointer product = new FloatPointer(length)) {
      openblas.cblas_sgemv(openblas.CblasRowMajor, operation, n, d, 1, matrix, d, v, 1, 0, product, 1);
      product.get(narrow, 0, length);
    }
    for (int i = 0; i < length; i++) {
      result[i] = narrow[i];
    }
    return result;
  }
}
