package io.modelweave.cka;

import io.modelweave.cka.products.HostFloats;
import io.modelweave.cka.products.HostTile;
import io.modelweave.cka.products.RowProducts;
import io.modelweave.cka.products.Scratch;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

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
  private final boolean projected;

  /**
   * Makes sums of 0.
   *
   * @param projected whether {@code Σ_j U_ij N_jj} is wanted, which leaving samples out of {@code ⟨U, V⟩} does not need
   */
  SampleSums(List<LayerGram> layers, int ofA, boolean withinOneModel, boolean projected) {
    this.layers = layers;
    this.ofA = ofA;
    this.withinOneModel = withinOneModel;
    this.projected = projected;
    int n = layers.get(0).samples();
    int count = layers.size();
    squares = new double[count][n];
    products = new double[count][count][];
    projections = new double[count][count][];
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < count; j++) {
        if (i == j || arePair(i, j)) {
          projections[i][j] = new double[projected ? n : 0];
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

  /** Adds {@code Σ_j U_ij²} of each row of a tile. */
  void addSquares(int layer, double[] own, Tile rows) {
    for (int k = 0; k < own.length; k++) {
      squares[layer][rows.from() + k] += own[k];
    }
  }

  /** Returns whether {@link #addProjections} is to be called. */
  boolean projected() {
    return projected;
  }

  /**
   * Adds {@code Σ_j U_ij N_jj} of one layer and each other.
   *
   * @param tile {@code [rows, columns]} of the layer
   * @param diagonals {@link #diagonals} of the columns
   */
  void addProjections(int layer, INDArray tile, INDArray diagonals, Tile rows) {
    try (INDArray product = RowProducts.FASTEST.between(diagonals, tile)) { // [layers, rows]
      double[] values = HostFloats.doubles(product);
      for (int other = 0; other < layers.size(); other++) {
        double[] target = projections[layer][other];
        for (int k = 0; target != null && k < rows.size(); k++) {
          target[rows.from() + k] += values[other * rows.size() + k];
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
    int ofRight = withinOneModel ? ofA : layers.size() - ofA;
    INDArray product = Scratch.take(tiles.dataType(), share.size(), (long) ofA * ofRight);
    RowProducts.FASTEST.rowByRow(tiles, ofA, withinOneModel ? 0 : ofA, share.from(), product);
    HostTile values = HostTile.of(product);
    double[] ofSample = new double[ofA * ofRight];
    for (int k = 0; k < share.size(); k++) {
      values.copy(k, ofSample);
      for (int i = 0; i < ofA; i++) {
        for (int j = withinOneModel ? i + 1 : 0; j < ofRight; j++) {
          products[i][withinOneModel ? j : ofA + j][first + share.from() + k] += ofSample[i * ofRight + j];
        }
      }
    }
    values.give();
    Scratch.give(product);
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
