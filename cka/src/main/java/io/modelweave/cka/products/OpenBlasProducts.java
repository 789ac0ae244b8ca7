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

  /** Edge of the squares in which a triangle is mirrored, so that reading down columns stays in the cache. */
  private static final int SQUARE = 32;

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
    int n = (int) x.size(0);
    int m = (int) y.size(0);
    int d = (int) x.size(1);
    INDArray product = Nd4j.createUninitialized(x.dataType(), new long[] {n, m}, 'c');
    try (Layout left = Layout.of(x); Layout right = Layout.of(y)) {
      int transposed = right.operation() == openblas.CblasTrans ? openblas.CblasNoTrans : openblas.CblasTrans;
      if (x.dataType() == DataType.FLOAT) {
        openblas.cblas_sgemm(openblas.CblasRowMajor, left.operation(), transposed, n, m, d, 1, left.floats(), left.leading(),
            right.floats(), right.leading(), 0, new FloatPointer(product.data().addressPointer()), m);
      } else {
        openblas.cblas_dgemm(openblas.CblasRowMajor, left.operation(), transposed, n, m, d, 1, left.doubles(), left.leading(),
            right.doubles(), right.leading(), 0, new DoublePointer(product.data().addressPointer()), m);
      }
    }
    return product;
  }

  @Override
  public INDArray within(INDArray x) {
    int n = (int) x.size(0);
    int d = (int) x.size(1);
    INDArray product = Nd4j.createUninitialized(x.dataType(), new long[] {n, n}, 'c');
    try (Layout from = Layout.of(x)) {
      if (x.dataType() == DataType.FLOAT) {
        FloatPointer to = new FloatPointer(product.data().addressPointer());
        openblas.cblas_ssyrk(openblas.CblasRowMajor, openblas.CblasUpper, from.operation(), n, d, 1, from.floats(), from.leading(), 0, to, n);
        float[] values = new float[n * n];
        to.get(values);
        mirror(values, n);
        to.put(values);
      } else {
        DoublePointer to = new DoublePointer(product.data().addressPointer());
        openblas.cblas_dsyrk(openblas.CblasRowMajor, openblas.CblasUpper, from.operation(), n, d, 1, from.doubles(), from.leading(), 0, to, n);
        double[] values = new double[n * n];
        to.get(values);
        mirror(values, n);
        to.put(values);
      }
    }
    return product;
  }

  private static void mirror(float[] values, int n) {
    for (int top = 0; top < n; top += SQUARE) {
      for (int left = top; left < n; left += SQUARE) {
        for (int j = left; j < Math.min(n, left + SQUARE); j++) {
          for (int i = top; i < Math.min(j, top + SQUARE); i++) {
            values[j * n + i] = values[i * n + j];
          }
        }
      }
    }
  }

  private static void mirror(double[] values, int n) {
    for (int top = 0; top < n; top += SQUARE) {
      for (int left = top; left < n; left += SQUARE) {
        for (int j = left; j < Math.min(n, left + SQUARE); j++) {
          for (int i = top; i < Math.min(j, top + SQUARE); i++) {
            values[j * n + i] = values[i * n + j];
          }
        }
      }
    }
  }
}
