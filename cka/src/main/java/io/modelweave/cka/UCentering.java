package io.modelweave.cka;

import io.modelweave.cka.products.HostFloats;
import io.modelweave.cka.products.RowNorms;
import io.modelweave.cka.products.RowProducts;
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
   * @param tile {@code [rows, columns]} of {@code K}, not to be modified; of a symmetric one, only what is above the diagonal is read
   * @param to {@code [rows, columns]} in 'c' order
   * @param transposed {@code [columns, rows]} in 'c' order, or nothing of a symmetric tile
   * @return {@code Σ_j U_ij²} of each row, then {@code Σ_i U_ij²} of each column
   */
  double[][] write(INDArray tile, INDArray to, @Nullable INDArray transposed) {
    return HostFloats.canRead(tile) ? writeOnHost(tile, to, transposed) : writeByArrays(tile, to, transposed);
  }

  /** Writes by operations of any backend. */
  double[][] writeByArrays(INDArray tile, INDArray to, @Nullable INDArray transposed) {
    to.assign(tile);
    try (INDArray left = array(rowOffsets, to.dataType()); INDArray right = array(columnOffsets, to.dataType())) {
      to.subiColumnVector(left.reshape(left.length(), 1)).subiRowVector(right.reshape(1, right.length()));
    }
    if (transposed != null) {
      transposed.assign(to.transpose());
      return new double[][] {RowNorms.squared(to), RowNorms.squared(transposed)};
    }
    try (INDArray besideDiagonal = Nd4j.eye(to.size(0)).castTo(to.dataType()).rsubi(1)) {
      to.muli(besideDiagonal);
    }
    RowProducts.FASTEST.mirror(to);
    double[] squares = RowNorms.squared(to);
    return new double[][] {squares, squares};
  }

  private static INDArray array(double[] values, DataType type) {
    return Nd4j.create(values, new long[] {values.length}, new long[] {1}, 'c', type);
  }

  /** Writes by loops over a copy on the heap. */
  double[][] writeOnHost(INDArray tile, INDArray to, @Nullable INDArray transposed) {
    int rows = rowOffsets.length;
    int columns = columnOffsets.length;
    float[] values = HostFloats.of(tile);
    float[] right = new float[columns];
    for (int j = 0; j < columns; j++) {
      right[j] = (float) columnOffsets[j];
    }
    for (int i = 0; i < rows; i++) {
      subtract(values, i * columns, (float) rowOffsets[i], right);
    }
    if (transposed != null) {
      float[] twin = new float[values.length];
      transpose(values, twin, rows, columns);
      write(twin, transposed);
      write(values, to);
      return new double[][] {squares(values, rows, columns), squares(twin, columns, rows)};
    }
    for (int i = 0; i < rows; i++) {
      values[i * columns + i] = 0;
    }
    mirror(values, rows);
    write(values, to);
    double[] squares = squares(values, rows, columns);
    return new double[][] {squares, squares};
  }

  private static void subtract(float[] values, int from, float left, float[] right) {
    for (int j = 0; j < right.length; j++) {
      values[from + j] = values[from + j] - left - right[j];
    }
  }

  private static void write(float[] values, INDArray to) {
    new FloatPointer(to.data().addressPointer()).put(values);
  }

  private static double[] squares(float[] values, int rows, int columns) {
    double[] squares = new double[rows];
    for (int i = 0; i < rows; i++) {
      squares[i] = HostFloats.sumOfSquares(values, i * columns, (i + 1) * columns);
    }
    return squares;
  }

  private static void transpose(float[] values, float[] result, int rows, int columns) {
    for (int top = 0; top < rows; top += SQUARE) {
      for (int left = 0; left < columns; left += SQUARE) {
        for (int j = left; j < Math.min(columns, left + SQUARE); j++) {
          for (int i = top; i < Math.min(rows, top + SQUARE); i++) {
            result[j * rows + i] = values[i * columns + j];
          }
        }
      }
    }
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
}
