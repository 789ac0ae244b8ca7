package io.modelweave.cka;

import io.modelweave.cka.products.Distances;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What one pass over the tiles of a Gram matrix {@code K} yields for centring it.
 *
 * @param offsets {@code o} for which {@code U(K)_ij = K_ij - o_i - o_j} off the diagonal
 * @param centeredDiagonal {@code (HKH)_ii}
 * @param vanishes whether {@code HKH} is no more than the rounding of {@code K}
 * @param largest magnitude of {@code K} beside its diagonal
 */
record RowMeans(double[] offsets, double[] centeredDiagonal, boolean vanishes, double largest) {

  static RowMeans of(Kernel kernel, INDArray mapped, int edge, String label) {
    int n = (int) mapped.size(0);
    double[] sums = new double[n];
    double[] diagonal = new double[n];
    double largest = 0;
    List<Tile> tiles = Tile.of(n, edge);
    for (int i = 0; i < tiles.size(); i++) {
      Tile rows = tiles.get(i);
      INDArray x = LayerFeatures.rows(mapped, rows.from(), rows.to());
      for (Tile columns : tiles.subList(i, tiles.size())) {
        boolean within = rows.equals(columns);
        try (INDArray tile = within ? kernel.within(x) : kernel.between(x, LayerFeatures.rows(mapped, columns.from(), columns.to()))) {
          requireTile(tile, rows, columns, kernel);
          if (within) {
            try (INDArray own = Distances.diagonal(tile).dup()) {
              System.arraycopy(own.data().asDouble(), 0, diagonal, rows.from(), rows.size());
            }
            Distances.diagonal(tile).assign(0);
          } else {
            add(sums, columns, tile.transpose());
          }
          largest = Math.max(largest, tile.amaxNumber().doubleValue());
          add(sums, rows, tile);
        }
      }
    }
    if (!Double.isFinite(PairSums.sum(sums))) {
      throw new IllegalArgumentException("the %s kernel of %s is not finite; scale the features down or choose another bandwidth"
          .formatted(kernel.name(), label));
    }
    return of(sums, diagonal, largest, LayerGram.precision(mapped.dataType()));
  }

  /** Makes the means from the sums of the rows without the diagonal, which {@code U} does not depend on. */
  private static RowMeans of(double[] sums, double[] diagonal, double largest, double precision) {
    double n = sums.length;
    double total = PairSums.sum(sums);
    double grandMean = (total + PairSums.sum(diagonal)) / n / n;
    double[] offsets = new double[sums.length];
    double[] centered = new double[sums.length];
    for (int i = 0; i < sums.length; i++) {
      offsets[i] = sums[i] / (n - 2) - total / (2 * (n - 1) * (n - 2));
      centered[i] = diagonal[i] - 2 * (sums[i] + diagonal[i]) / n + grandMean;
    }
    double whole = largest;
    for (double k : diagonal) {
      whole = Math.max(whole, Math.abs(k));
    }
    return new RowMeans(offsets, centered, PairSums.sum(centered) <= 16 * n * precision * whole, largest);
  }

  private static void add(double[] sums, Tile rows, INDArray tile) {
    try (INDArray ones = Nd4j.ones(tile.dataType(), tile.size(1), 1); INDArray product = tile.mmul(ones)) {
      double[] part = product.data().asDouble();
      for (int i = 0; i < part.length; i++) {
        sums[rows.from() + i] += part[i];
      }
    }
  }

  private static void requireTile(INDArray tile, Tile rows, Tile columns, Kernel kernel) {
    if (tile.rank() != 2 || tile.size(0) != rows.size() || tile.size(1) != columns.size()) {
      throw new IllegalArgumentException("kernel \"%s\" must return [%d, %d] for so many rows of x and y, but returned %s"
          .formatted(kernel.name(), rows.size(), columns.size(), java.util.Arrays.toString(tile.shape())));
    }
  }
}
