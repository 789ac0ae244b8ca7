package io.modelweave.cka.products;

import io.modelweave.core.Backend;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Products of rows with rows, as arrays in 'c' order. */
public interface RowProducts {

  /** Those of any backend. ND4J's own {@code syrk} uses the first column only, so that {@code X Xᵀ} comes at the full price. */
  RowProducts OF_ARRAYS = (x, y) -> y.mmul(x.transpose()).transpose();

  /** The fastest on this machine. */
  RowProducts FASTEST = fastest();

  /** Returns {@code X Yᵀ}, {@code [a, b]}, of matrices {@code [a, d]} and {@code [b, d]}. */
  INDArray between(INDArray x, INDArray y);

  /** Returns {@code X Xᵀ}, {@code [a, a]}, of a matrix {@code [a, d]}: exactly symmetric where that saves half the work. */
  default INDArray within(INDArray x) {
    return between(x, x);
  }

  private static RowProducts fastest() {
    if (!Backend.require().equals("CpuBackend")) {
      return OF_ARRAYS;
    }
    try (INDArray ones = Nd4j.ones(DataType.FLOAT, 2, 2)) {
      RowProducts half = new OpenBlasProducts();
      half.within(ones).close();
      return half;
    } catch (LinkageError absent) {
      // Not every CPU backend brings OpenBLAS.
      return OF_ARRAYS;
    }
  }
}
