package io.modelweave.cka;

import io.modelweave.cka.products.HostFloats;
import io.modelweave.cka.products.RowProducts;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The part of each sample in the sums over pairs of layers, added up in DOUBLE as tiles come in.
 *
 * <p>Of two models, the layers of a come before those of b, and pairs are those of a layer with itself or with one of the other model.
 */
final class SampleSums {

  private final List<LayerGram> layers;
  private final int ofA;
  private final boolean withinOneModel;
  private final double[][] squares;
  private final double[][][] products;
  private final double[][][] projections;

  SampleSums(List<LayerGram> layers, int ofA, boolean withinOneModel) {
    this.layers = layers;
    this.ofA = ofA;
    this.withinOneModel = withinOneModel;
    int n = layers.get(0).samples();
    int count = layers.size();
    squares = new double[count][n];
    products = new double[count][count][];
    projections = new double[count][count][];
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < count; j++) {
        if (i == j || arePair(i, j)) {
          projections[i][j] = new double[n];
        }
        if (i < j && arePair(i, j)) {
          products[i][j] = new double[n];
        }
      }
    }
  }

  private boolean arePair(int i, int j) {
    return withinOneModel || i < ofA != j < ofA;
  }

  /** Returns part of the diagonals of all centred Gram matrices, {@code [layers, columns]}. The caller closes it. */
  INDArray diagonals(Tile columns) {
    double[] values = layers.stream().flatMapToDouble(layer -> Arrays.stream(layer.diagonal(), columns.from(), columns.to())).toArray();
    long[] shape = {layers.size(), columns.size()};
    return Nd4j.create(values, shape, new long[] {columns.size(), 1}, 'c', layers.get(0).type());
  }

  /**
   * Adds {@code Σ_j U_ij²} and, for each other layer, {@code Σ_j U_ij N_jj}.
   *
   * @param own {@code Σ_j U_ij²} of each row of the tile
   * @param tile {@code [rows, columns]} of a layer
   * @param diagonals {@link #diagonals} of the columns
   */
  void addOwn(int layer, double[] own, INDArray tile, INDArray diagonals, Tile rows) {
    for (int k = 0; k < own.length; k++) {
      squares[layer][rows.from() + k] += own[k];
    }
    try (INDArray product = RowProducts.FASTEST.between(diagonals, tile)) { // [layers, rows]
      double[] values = HostFloats.doubles(product);
      for (int other = 0; other < layers.size(); other++) {
        double[] target = projections[layer][other];
        for (int k = 0; target != null && k < own.length; k++) {
          target[rows.from() + k] += values[other * own.length + k];
        }
      }
    }
  }

  /**
   * Adds {@code Σ_j U_ij V_ij} of all pairs of layers.
   *
   * @param tiles {@code [layers, rows, columns]}
   * @param share those of the rows that are added
   * @param first the sample of row 0
   */
  void addProducts(INDArray tiles, Tile share, int first) {
    INDArray left = rows(tiles, 0, ofA, share);
    INDArray right = withinOneModel ? left : rows(tiles, ofA, layers.size(), share);
    try (INDArray product = RowProducts.FASTEST.rowByRow(left, right)) { // [rows, of a, of b]
      double[] values = HostFloats.doubles(product);
      int next = 0;
      for (int k = 0; k < share.size(); k++) {
        for (int i = 0; i < ofA; i++) {
          for (int j = withinOneModel ? 0 : ofA; j < layers.size(); j++, next++) {
            if (products[i][j] != null) {
              products[i][j][first + share.from() + k] += values[next];
            }
          }
        }
      }
    }
  }

  private static INDArray rows(INDArray tiles, int from, int to, Tile share) {
    return tiles.get(NDArrayIndex.interval(from, to), NDArrayIndex.interval(share.from(), share.to()), NDArrayIndex.all());
  }

  /** Returns the sums of two layers, of which j is i or comes after it unless both are of the same model. */
  PairSums sums(int i, int j, int[] all) {
    double[] rows = i == j ? squares[i] : products[Math.min(i, j)][Math.max(i, j)];
    double[] x = layers.get(i).diagonal();
    double[] y = layers.get(j).diagonal();
    HsicSums whole = new HsicSums(x.length, PairSums.sum(rows), PairSums.dot(x, y), PairSums.sum(x), PairSums.sum(y));
    return new PairSums(whole, x, y, all, rows, projections[i][j], projections[j][i]);
  }
}
