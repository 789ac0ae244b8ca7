package io.modelweave.cka;

import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.openblas.global.openblas;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** {@code syrk} of the OpenBLAS that ND4J's CPU backend is linked with: one triangle, which is then copied to the other. */
final class OpenBlasProduct implements SymmetricProduct {

  /** Edge of the squares in which a triangle is mirrored, so that reading down columns stays in the cache. */
  private static final int SQUARE = 32;

  @Override
  public INDArray of(INDArray x) {
    int n = (int) x.size(0);
    int d = (int) x.size(1);
    boolean rowsInPlace = x.stride(1) == 1 && x.stride(0) >= d;
    boolean columnsInPlace = !rowsInPlace && x.stride(0) == 1 && x.stride(1) >= n;
    boolean inPlace = rowsInPlace || columnsInPlace;
    INDArray source = inPlace ? x : x.dup('c');
    boolean byRows = !columnsInPlace;
    int leading = Math.max(1, byRows ? inPlace ? x.stride(0) : d : x.stride(1));
    // Rows of a matrix in 'f' order are columns of its transpose, and A Aᵀ is then read as Aᵀᵀ Aᵀ.
    int transposed = byRows ? openblas.CblasNoTrans : openblas.CblasTrans;
    INDArray product = Nd4j.createUninitialized(x.dataType(), new long[] {n, n}, 'c');
    if (x.dataType() == DataType.FLOAT) {
      FloatPointer from = new FloatPointer(source.data().addressPointer());
      FloatPointer to = new FloatPointer(product.data().addressPointer());
      openblas.cblas_ssyrk(openblas.CblasRowMajor, openblas.CblasUpper, transposed, n, d, 1, from, leading, 0, to, n);
      float[] values = new float[n * n];
      to.get(values);
      mirror(values, n);
      to.put(values);
    } else {
      DoublePointer from = new DoublePointer(source.data().addressPointer());
      DoublePointer to = new DoublePointer(product.data().addressPointer());
      openblas.cblas_dsyrk(openblas.CblasRowMajor, openblas.CblasUpper, transposed, n, d, 1, from, leading, 0, to, n);
      double[] values = new double[n * n];
      to.get(values);
      mirror(values, n);
      to.put(values);
    }
    if (!inPlace) {
      source.close();
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
