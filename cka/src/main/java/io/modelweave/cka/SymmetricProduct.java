package io.modelweave.cka;

import io.modelweave.core.Backend;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** {@code X Xᵀ}, which needs only half of a matrix product. */
interface SymmetricProduct {

  /** The product of any backend, at the full price: ND4J's own {@code syrk} uses the first column only. */
  SymmetricProduct OF_ARRAYS = x -> x.mmul(x.transpose());

  /** The fastest on this machine. */
  SymmetricProduct FASTEST = fastest();

  /** Returns {@code [a, a]} of a matrix {@code [a, d]}. */
  INDArray of(INDArray x);

  private static SymmetricProduct fastest() {
    if (!Backend.require().equals("CpuBackend")) {
      return OF_ARRAYS;
    }
    try {
      SymmetricProduct half = new OpenBlasProduct();
      half.of(org.nd4j.linalg.factory.Nd4j.ones(DataType.FLOAT, 2, 2)).close();
      return half;
    } catch (LinkageError absent) {
      // Not every CPU backend brings OpenBLAS.
      return OF_ARRAYS;
    }
  }
}
