package io.modelweave.cka;

import io.modelweave.cka.products.RowNorms;
import io.modelweave.cka.products.RowProducts;
import io.modelweave.cka.products.Scratch;
import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The distances of all pairs of samples, for rules that look at their distribution. */
final class PairDistances {

  private static final int EDGE = 256;

  private final INDArray x;
  private final double[] norms;
  private final double[] squares;
  private int next;

  private PairDistances(INDArray x) {
    this.x = x;
    this.norms = RowNorms.squared(x);
    this.squares = new double[Math.toIntExact((long) norms.length * (norms.length - 1) / 2)];
  }

  /**
   * Returns {@code ‖x_i - x_j‖²} of all pairs {@code i < j}, in any order.
   *
   * @param x centred features {@code [n, d]}, in whose type products are taken
   */
  static double[] squared(INDArray x) {
    PairDistances distances = new PairDistances(x);
    Tile.pairs(Tile.of(distances.norms.length, EDGE), distances::add);
    return distances.squares;
  }

  private void add(Tile rows, Tile columns) {
    INDArray products = Scratch.take(x.dataType(), rows.size(), columns.size());
    if (rows.equals(columns)) {
      RowProducts.FASTEST.within(HeldFeatures.view(x, rows), products);
    } else {
      RowProducts.FASTEST.between(HeldFeatures.view(x, rows), HeldFeatures.view(x, columns), products);
    }
    HostTile tile = HostTile.of(products);
    double[] row = new double[columns.size()];
    double[] ofColumns = Arrays.copyOfRange(norms, columns.from(), columns.to());
    for (int i = 0; i < rows.size(); i++) {
      tile.copy(i, row);
      HostTile.toSquaredDistances(row, norms[rows.from() + i], ofColumns);
      int first = rows.equals(columns) ? i + 1 : 0;
      System.arraycopy(row, first, squares, next, row.length - first);
      next += row.length - first;
    }
    tile.give();
    Scratch.give(products);
  }
}
