package io.modelweave.cka;

import io.modelweave.cka.products.RowNorms;
import io.modelweave.cka.products.RowProducts;
import java.util.List;
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
   * @param left {@code [rows, layers of a, columns]}
   * @param right {@code [rows, layers of b, columns]}
   */
  void add(INDArray left, INDArray right, Tile at, Tile columns) {
    if (ownPairsOnly) {
      addSquares(left, at);
    } else {
      try (INDArray products = Nd4j.matmul(left, right, false, true, false)) {
        addTo(rows, products, at, false);
      }
    }
    addDiagonals(rowsOfX, left, b, at, columns, false);
    if (rowsOfY != rowsOfX) {
      addDiagonals(rowsOfY, right, a, at, columns, true);
    }
  }

  /** Adds {@code Σ_j U_ij²}. */
  private void addSquares(INDArray tiles, Tile at) {
    int layers = (int) tiles.size(1);
    double[] squares = RowNorms.squared(tiles.reshape('c', tiles.size(0) * layers, tiles.size(2)));
    for (int k = 0; k < at.size(); k++) {
      for (int layer = 0; layer < layers; layer++) {
        rows[layer][0][at.from() + k] += squares[k * layers + layer];
      }
    }
  }

  /** Adds {@code Σ_j U_ij N_jj} for tiles of {@code U} and the diagonals of the other side. */
  private void addDiagonals(double[][][] sums, INDArray tiles, List<LayerGram> others, Tile at, Tile columns, boolean swapped) {
    double[] values = new double[columns.size() * others.size()];
    for (int j = 0; j < columns.size(); j++) {
      for (int layer = 0; layer < others.size(); layer++) {
        values[j * others.size() + layer] = others.get(layer).diagonal()[columns.from() + j];
      }
    }
    long layers = tiles.size(1);
    try (INDArray diagonals = Nd4j.create(values, new long[] {columns.size(), others.size()}, new long[] {others.size(), 1}, 'c',
            tiles.dataType());
        INDArray product = RowProducts.FASTEST.between(tiles.reshape('c', at.size() * layers, columns.size()), diagonals.transpose())) {
      addTo(sums, product.reshape('c', at.size(), layers, others.size()), at, swapped);
    }
  }

  private void addTo(double[][][] sums, INDArray part, Tile at, boolean swapped) {
    int lefts = (int) part.size(1);
    int rights = (int) part.size(2);
    double[] values = part.ordering() == 'c' ? part.data().asDouble() : ordered(part);
    for (int i = 0; i < lefts; i++) {
      for (int j = 0; j < rights; j++) {
        if (ownPairsOnly && i != j) {
          continue;
        }
        double[] target = ownPairsOnly ? sums[i][0] : swapped ? sums[j][i] : sums[i][j];
        for (int k = 0; k < at.size(); k++) {
          target[at.from() + k] += values[(k * lefts + i) * rights + j];
        }
      }
    }
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
