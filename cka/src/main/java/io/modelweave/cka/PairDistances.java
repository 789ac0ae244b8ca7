package io.modelweave.cka;

import com.google.common.base.Suppliers;
import io.modelweave.cka.products.HostTile;
import io.modelweave.cka.products.RowDifferences;
import io.modelweave.cka.products.RowNorms;
import io.modelweave.cka.products.RowProducts;
import io.modelweave.cka.products.Scratch;
import java.util.Arrays;
import java.util.function.Supplier;
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
    INDArray left = HeldFeatures.view(x, rows);
    INDArray right = rows.equals(columns) ? left : HeldFeatures.view(x, columns);
    INDArray products = Scratch.take(x.dataType(), rows.size(), columns.size());
    if (left == right) {
      RowProducts.FASTEST.within(left, products);
    } else {
      RowProducts.FASTEST.between(left, right, products);
    }
    HostTile tile = HostTile.of(products);
    double[] row = new double[columns.size()];
    double[] ofColumns = Arrays.copyOfRange(norms, columns.from(), columns.to());
    Supplier<RowDifferences> differences = Suppliers.memoize(() -> new RowDifferences(left, right));
    for (int i = 0; i < rows.size(); i++) {
      int first = left == right ? i + 1 : 0;
      tile.copySquaredDistances(i, first, norms[rows.from() + i], ofColumns, differences, row);
      System.arraycopy(row, first, squares, next, row.length - first);
      next += row.length - first;
    }
    tile.give();
    Scratch.give(products);
  }
}
