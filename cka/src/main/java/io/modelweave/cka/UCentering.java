package io.modelweave.cka;

import io.modelweave.cka.products.HostTile;
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
   * Writes a centred tile by operations of any backend.
   *
   * @param tile {@code [rows, columns]} of {@code K}, not to be modified; of a symmetric one, only what is above the diagonal is read
   * @param to {@code [rows, columns]} in 'c' order
   */
  void write(INDArray tile, boolean symmetric, INDArray to) {
    try (INDArray left = array(rowOffsets, to.dataType()); INDArray right = array(columnOffsets, to.dataType())) {
      to.assign(0).addiColumnVector(left.reshape(left.length(), 1)).addiRowVector(right.reshape(1, right.length())).rsubi(tile);
    }
    if (symmetric) {
      try (INDArray besideDiagonal = Nd4j.eye(to.size(0)).castTo(to.dataType()).rsubi(1)) {
        to.muli(besideDiagonal);
      }
      HostTile.mirror(to);
    }
  }

  private static INDArray array(double[] values, DataType type) {
    return Nd4j.create(values, new long[] {values.length}, new long[] {1}, 'c', type);
  }

  /**
   * Centres a tile on the heap.
   *
   * @param tile of {@code K}; of a symmetric one, only what is above the diagonal is read
   * @return {@code Σ_i U_ij²} of each column
   */
  double[] center(HostTile tile, boolean symmetric) {
    if (symmetric) {
      tile.mirror();
    }
    return tile.subtract(rowOffsets, columnOffsets, symmetric);
  }
}
