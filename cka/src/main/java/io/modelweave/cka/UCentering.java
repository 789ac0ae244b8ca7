package io.modelweave.cka;

import io.modelweave.cka.products.Distances;
import io.modelweave.cka.products.HostFloats;
import org.bytedeco.javacpp.FloatPointer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One tile of {@code U(K)} from one of {@code K}: {@code U_ij = K_ij - o_i - o_j}, and 0 on the diagonal of a symmetric one.
 *
 * @param rowOffsets {@code o} of the rows
 * @param columnOffsets {@code o} of the columns
 * @param symmetric whether rows and columns are the same samples
 */
record UCentering(double[] rowOffsets, double[] columnOffsets, boolean symmetric) {

  /** Edge of the squares in which a tile is transposed, so that writing down columns stays in the cache. */
  private static final int SQUARE = 32;

  /**
   * Writes the tile and its transpose.
   *
   * @param tile {@code [rows, columns]} of {@code K}, not to be modified
   * @param to {@code [rows, columns]} in 'c' order
   * @param transposed {@code [columns, rows]} in 'c' order, or nothing if that is not wanted
   */
  void write(INDArray tile, INDArray to, @Nullable INDArray transposed) {
    if (HostFloats.canRead(tile) && to.dataType() == DataType.FLOAT) {
      writeOnHost(tile, to, transposed);
    } else {
      writeByArrays(tile, to, transposed);
    }
  }

  /** Writes by operations of any backend. */
  void writeByArrays(INDArray tile, INDArray to, @Nullable INDArray transposed) {
    to.assign(tile);
    try (INDArray left = array(rowOffsets, to.dataType()); INDArray right = array(columnOffsets, to.dataType())) {
      to.subiColumnVector(left.reshape(left.length(), 1)).subiRowVector(right.reshape(1, right.length()));
    }
    if (symmetric) {
      try (INDArray zeros = Nd4j.zeros(to.dataType(), to.size(0), to.size(1))) {
        Distances.diagonal(zeros).assign(1);
        to.subi(zeros.muli(to));
      }
    }
    if (transposed != null) {
      transposed.assign(to.transpose());
    }
  }

  private static INDArray array(double[] values, DataType type) {
    return Nd4j.create(values, new long[] {values.length}, new long[] {1}, 'c', type);
  }

  /** Writes by a loop over a copy on the heap. */
  private void writeOnHost(INDArray tile, INDArray to, @Nullable INDArray transposed) {
    int columns = columnOffsets.length;
    float[] values = HostFloats.of(tile);
    float[] right = new float[columns];
    for (int j = 0; j < columns; j++) {
      right[j] = (float) columnOffsets[j];
    }
    for (int i = 0; i < rowOffsets.length; i++) {
      float left = (float) rowOffsets[i];
      int row = i * columns;
      for (int j = 0; j < columns; j++) {
        values[row + j] = values[row + j] - left - right[j];
      }
      if (symmetric) {
        values[row + i] = 0;
      }
    }
    new FloatPointer(to.data().addressPointer()).put(values);
    if (transposed != null) {
      new FloatPointer(transposed.data().addressPointer()).put(transposed(values, columns));
    }
  }

  private float[] transposed(float[] values, int columns) {
    int rows = rowOffsets.length;
    float[] result = new float[values.length];
    for (int top = 0; top < rows; top += SQUARE) {
      for (int left = 0; left < columns; left += SQUARE) {
        for (int j = left; j < Math.min(columns, left + SQUARE); j++) {
          for (int i = top; i < Math.min(rows, top + SQUARE); i++) {
            result[j * rows + i] = values[i * columns + j];
          }
        }
      }
    }
    return result;
  }
}
