package io.modelweave.cka;

import io.modelweave.cka.products.HostTile;
import io.modelweave.cka.products.RowNorms;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One tile of {@code U(K)} from one of {@code K}: {@code U_ij = K_ij - o_i - o_j}, and 0 on the diagonal of a symmetric one.
 *
 * @param rowOffsets {@code o} of the rows
 * @param columnOffsets {@code o} of the columns
 */
record UCentering(double[] rowOffsets, double[] columnOffsets) {

  /**
   * Writes the tile and its transpose by operations of any backend.
   *
   * @param tile {@code [rows, columns]} of {@code K}, not to be modified; of a symmetric one, only what is above the diagonal is read
   * @param to {@code [rows, columns]} in 'c' order
   * @param transposed {@code [columns, rows]} in 'c' order, or nothing of a symmetric tile
   * @return {@code Σ_j U_ij²} of each row, then {@code Σ_i U_ij²} of each column
   */
  double[][] write(INDArray tile, INDArray to, @Nullable INDArray transposed) {
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
    HostTile.mirror(to);
    double[] squares = RowNorms.squared(to);
    return new double[][] {squares, squares};
  }

  private static INDArray array(double[] values, DataType type) {
    return Nd4j.create(values, new long[] {values.length}, new long[] {1}, 'c', type);
  }

  /** Writes the same of a tile on the heap, which holds anything afterwards. */
  double[][] write(HostTile tile, INDArray to, @Nullable INDArray transposed) {
    tile.subtract(rowOffsets, columnOffsets);
    if (transposed == null) {
      tile.mirror();
      tile.clearDiagonal();
      tile.write(to);
      double[] squares = tile.squares();
      return new double[][] {squares, squares};
    }
    HostTile twin = HostTile.take(tile.type(), tile.columns(), tile.rows());
    tile.transposeTo(twin);
    tile.write(to);
    twin.write(transposed);
    double[][] squares = {twin.squares(), tile.squares()};
    twin.give();
    return squares;
  }
}
