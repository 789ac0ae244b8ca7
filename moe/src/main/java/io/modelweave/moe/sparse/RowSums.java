package io.modelweave.moe.sparse;

import io.modelweave.moe.sparse.Workspace.Slot;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Sums along rows as a product with ones, several times as fast as ND4J's reduction. */
final class RowSums {

  private RowSums() {}

  /** Adds the sum of each row of {@code matrix [r, c]} to {@code column [r, 1]}. */
  static void addTo(INDArray column, INDArray matrix, Workspace workspace) {
    INDArray ones = workspace.matrix(Slot.COLUMN, matrix.size(1) + matrix.size(0), 1);
    INDArray sums = ones.get(NDArrayIndex.interval(matrix.size(1), ones.size(0)),
        NDArrayIndex.all());
    INDArray factor = ones.get(NDArrayIndex.interval(0, matrix.size(1)),
        NDArrayIndex.all()).assign(1);
    Nd4j.matmul(matrix, factor, sums, false, false, false);
    column.addi(sums);
  }
}
