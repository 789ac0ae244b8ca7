package io.modelweave.cka.products;

import org.bytedeco.javacpp.DoublePointer;
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
    if (HostFloats.AVAILABLE && x.stride(1) == 1 && x.dataType() == DataType.FLOAT) {
      FloatRows from = new FloatRows(x);
      float[] row = new float[(int) x.size(1)];
      for (int i = 0; i < n; i++) {
        from.read(i, row);
        norms[i] = sumOfSquares(row);
      }
      return norms;
    }
    if (HostFloats.AVAILABLE && x.stride(1) == 1 && x.dataType() == DataType.DOUBLE) {
      DoublePointer from = new DoublePointer(x.data().addressPointer());
      double[] row = new double[(int) x.size(1)];
      for (int i = 0; i < n; i++) {
        from.position(i * (long) x.stride(0)).get(row);
        norms[i] = DoubleTile.dot(row, row);
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

  private static double sumOfSquares(float[] values) {
    // Eight squares at once in two chains, because additions wait for the one before.
    double even = 0;
    double odd = 0;
    int i = 0;
    for (; i + 7 < values.length; i += 8) {
      even += (square(values[i]) + square(values[i + 1])) + (square(values[i + 2]) + square(values[i + 3]));
      odd += (square(values[i + 4]) + square(values[i + 5])) + (square(values[i + 6]) + square(values[i + 7]));
    }
    for (; i < values.length; i++) {
      even += square(values[i]);
    }
    return even + odd;
  }

  private static double square(float value) {
    return (double) value * value;
  }
}
