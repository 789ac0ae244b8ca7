package io.modelweave.cka;

import io.modelweave.cka.products.RowNorms;
import io.modelweave.cka.products.RowProducts;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The part of each sample in the sums over pairs of layers, added up in DOUBLE as tiles come in. */
final class SampleSums {

  private final List<LayerGram> a;
  private final List<LayerGram> b;
  private final boolean ownPairsOnly;
  private final double[][][] rows;
  private final double[][][] rowsOfX;
  private final double[][][] rowsOfY;

  /** Makes sums of each layer of a with each of b, or only with that of the same index. */
  SampleSums(List<LayerGram> a, List<LayerGram> b, boolean ownPairsOnly) {
    this.a = a;
    this.b = b;
    this.ownPairsOnly = ownPairsOnly;
    int n = a.get(0).samples();
    rows = new double[a.size()][ownPairsOnly ? 1 : b.size()][n];
    rowsOfX = new double[a.size()][ownPairsOnly ? 1 : b.size()][n];
    rowsOfY = ownPairsOnly || a == b ? rowsOfX : new double[a.size()][b.size()][n];
  }

  /**
   * Adds the tiles of some rows and columns.
   *
   * @param left {@code [layers of a, rows, columns]}
   * @param right {@code [layers of b, rows, columns]}
   */
  void add(INDArray left, INDArray right, Tile at, Tile columns) {
    if (ownPairsOnly) {
      addSquares(left, at);
    } else {
      addProducts(left, right, at);
    }
    addDiagonals(rowsOfX, left, b, at, columns, false);
    if (rowsOfY != rowsOfX) {
      addDiagonals(rowsOfY, right, a, at, columns, true);
    }
  }

  /** Adds {@code Σ_j U_ij V_ij}. */
  private void addProducts(INDArray left, INDArray right, Tile at) {
    try (INDArray products = Nd4j.matmul(left.permute(1, 0, 2), right.permute(1, 0, 2), false, true, false)) { // [rows, of a, of b]
      double[] values = products.ordering() == 'c' ? products.data().asDouble() : ordered(products);
      int next = 0;
      for (int k = 0; k < at.size(); k++) {
        for (double[][] row : rows) {
          for (double[] target : row) {
            target[at.from() + k] += values[next++];
          }
        }
      }
    }
  }

  /** Adds {@code Σ_j U_ij²}. */
  private void addSquares(INDArray tiles, Tile at) {
    double[] squares = RowNorms.squared(tiles.reshape('c', tiles.size(0) * at.size(), tiles.size(2)));
    for (int layer = 0; layer < rows.length; layer++) {
      for (int k = 0; k < at.size(); k++) {
        rows[layer][0][at.from() + k] += squares[layer * at.size() + k];
      }
    }
  }

  /** Adds {@code Σ_j U_ij N_jj} for tiles of {@code U} and the diagonals of the other side. */
  private void addDiagonals(double[][][] sums, INDArray tiles, List<LayerGram> others, Tile at, Tile columns, boolean swapped) {
    int layers = (int) tiles.size(0);
    try (INDArray diagonals = diagonals(others, columns, tiles.dataType());
        INDArray product = RowProducts.FASTEST.between(tiles.reshape('c', (long) layers * at.size(), columns.size()), diagonals)) {
      double[] values = product.ordering() == 'c' ? product.data().asDouble() : ordered(product);
      for (int i = 0; i < layers; i++) {
        for (int j = 0; j < others.size(); j++) {
          if (ownPairsOnly && i != j) {
            continue;
          }
          double[] target = ownPairsOnly ? sums[i][0] : swapped ? sums[j][i] : sums[i][j];
          for (int k = 0; k < at.size(); k++) {
            target[at.from() + k] += values[(i * at.size() + k) * others.size() + j];
          }
        }
      }
    }
  }

  /** Returns part of the diagonals of centred Gram matrices, {@code [layers, columns]}. */
  private static INDArray diagonals(List<LayerGram> layers, Tile columns, DataType type) {
    double[] values = layers.stream().flatMapToDouble(layer -> Arrays.stream(layer.diagonal(), columns.from(), columns.to())).toArray();
    return Nd4j.create(values, new long[] {layers.size(), columns.size()}, new long[] {columns.size(), 1}, 'c', type);
  }

  private static double[] ordered(INDArray part) {
    try (INDArray copy = part.dup('c')) {
      return copy.data().asDouble();
    }
  }

  /** Returns the sums of layers i of a and j of b. */
  PairSums sums(int i, int j, int[] all) {
    int second = ownPairsOnly ? 0 : j;
    double[] ofY = rowsOfY == rowsOfX && !ownPairsOnly ? rowsOfX[j][i] : rowsOfY[i][second];
    double[] x = a.get(i).diagonal();
    double[] y = b.get(j).diagonal();
    HsicSums whole = new HsicSums(x.length, PairSums.sum(rows[i][second]), PairSums.dot(x, y), PairSums.sum(x), PairSums.sum(y));
    return new PairSums(whole, x, y, all, rows[i][second], rowsOfX[i][second], ofY);
  }
}
