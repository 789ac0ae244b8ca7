package io.modelweave.cka.products;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Lengths of rows. */
public final class RowNorms {

  private RowNorms() {}

  /** Returns {@code ‖x_i‖²} of each row, summed in DOUBLE. */
  public static double[] squared(INDArray x) {
    int n = (int) x.size(0);
    double[] norms = new double[n];
    if (HostFloats.canRead(x)) {
      int d = (int) x.size(1);
      float[] values = HostFloats.of(x);
      for (int i = 0; i < n; i++) {
        norms[i] = HostFloats.sumOfSquares(values, i * d, (i + 1) * d);
      }
      return norms;
    }
    if (x.isView()) {
      // ND4J loses the memory of rows of a view that start behind as many elements as the view has.
      try (INDArray own = x.dup('c')) {
        return squared(own);
      }
    }
    // Some rows at a time: a DOUBLE copy of all would be the largest array of a comparison.
    int block = Math.max(1, (1 << 18) / (int) x.size(1));
    for (int from = 0; from < n; from += block) {
      int to = Math.min(n, from + block);
      try (INDArray wide = Nd4j.createUninitialized(DataType.DOUBLE, new long[] {to - from, x.size(1)}, 'c')
              .assign(x.get(NDArrayIndex.interval(from, to), NDArrayIndex.all()));
          INDArray sums = wide.muli(wide).sum(1)) {
        System.arraycopy(sums.data().asDouble(), 0, norms, from, to - from);
      }
    }
    return norms;
  }
}
