package io.modelweave.cka;

import io.modelweave.cka.products.Distances;
import io.modelweave.cka.products.HostTile;
import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What one pass over the tiles of a Gram matrix {@code K} yields for centring it. */
final class RowMeans {

  /** Elements below this have sums of squares that DOUBLE holds. */
  private static final double LARGEST = 0x1p500;

  private final LayerFeatures features;
  private final Kernel kernel;
  private final double[] sums;
  private final double[] diagonal;
  private double largest;

  RowMeans(LayerFeatures features, Kernel kernel) {
    this.features = features;
    this.kernel = kernel;
    this.sums = new double[features.samples()];
    this.diagonal = new double[features.samples()];
  }

  /**
   * Adds a tile and, where it is not symmetric, its twin on the other side of the diagonal.
   *
   * @param tile its diagonal is set to 0, because sums that hold it would have little left of the rest, where that is small; what is
   *     below is made what is above
   */
  void add(INDArray tile, Tile rows, Tile columns) {
    if (rows.equals(columns)) {
      try (INDArray own = Distances.diagonal(tile).dup()) {
        System.arraycopy(own.data().asDouble(), 0, diagonal, rows.from(), rows.size());
      }
      Distances.diagonal(tile).assign(0);
      HostTile.mirror(tile);
    } else {
      addSums(columns, tile.transpose());
    }
    addSums(rows, tile);
    largest = Math.max(largest, tile.amaxNumber().doubleValue());
  }

  /** Adds a tile on the heap, of which, if it is symmetric, only what is above the diagonal and on it is read. */
  void add(HostTile tile, Tile rows, Tile columns) {
    boolean symmetric = rows.equals(columns);
    double[] row = new double[tile.columns()];
    double[] ofColumns = new double[row.length];
    double[] most = new double[row.length];
    for (int i = 0; i < tile.rows(); i++) {
      tile.copy(i, row);
      if (symmetric) {
        diagonal[rows.from() + i] = row[i];
        Arrays.fill(row, 0, i + 1, 0);
      }
      addTo(ofColumns, row);
      raise(most, row);
      sums[rows.from() + i] += PairSums.sum(row);
    }
    for (int j = 0; j < row.length; j++) {
      sums[columns.from() + j] += ofColumns[j];
      largest = Math.max(largest, most[j]);
    }
  }

  private static void addTo(double[] sums, double[] row) {
    for (int j = 0; j < row.length; j++) {
      sums[j] += row[j];
    }
  }

  private static void raise(double[] most, double[] row) {
    for (int j = 0; j < row.length; j++) {
      most[j] = Math.max(most[j], Math.abs(row[j]));
    }
  }

  /** Returns {@code o} for which {@code U(K)_ij = K_ij - o_i - o_j} off the diagonal: of the sums without it, which {@code U} ignores. */
  double[] offsets() {
    double n = sums.length;
    double total = total();
    return Arrays.stream(sums).map(sum -> sum / (n - 2) - total / (2 * (n - 1) * (n - 2))).toArray();
  }

  /** Returns {@code (HKH)_ii}. */
  double[] centeredDiagonal() {
    double n = sums.length;
    double grandMean = (total() + PairSums.sum(diagonal)) / n / n;
    double[] centered = new double[sums.length];
    for (int i = 0; i < sums.length; i++) {
      centered[i] = diagonal[i] - 2 * (sums[i] + diagonal[i]) / n + grandMean;
    }
    return centered;
  }

  /** Returns the largest magnitude in {@code K} beside its diagonal, NaN if one is not finite. */
  double largest() {
    return Double.isFinite(PairSums.sum(sums)) ? largest : Double.NaN;
  }

  /** Returns whether {@code HKH} is no more than the rounding of {@code K}. */
  boolean vanishes() {
    double whole = Math.max(largest, Arrays.stream(diagonal).map(Math::abs).max().orElse(0));
    return PairSums.sum(centeredDiagonal()) <= 16 * sums.length * LayerGram.precision(features.type()) * whole;
  }

  /** Returns the sum of {@code K} beside its diagonal; what is not finite in FLOAT may be so in DOUBLE, which is tried next. */
  private double total() {
    double total = PairSums.sum(sums);
    if (features.type() == DataType.DOUBLE && !(Double.isFinite(total) && largest < LARGEST)) {
      throw new IllegalArgumentException(("the %s kernel of %s is not finite, or has no finite square; "
          + "scale the features down or choose another bandwidth").formatted(kernel.name(), features.label()));
    }
    return total;
  }

  private void addSums(Tile rows, INDArray tile) {
    try (INDArray ones = Nd4j.ones(tile.dataType(), tile.size(1), 1); INDArray product = tile.mmul(ones)) {
      double[] part = product.data().asDouble();
      for (int i = 0; i < part.length; i++) {
        sums[rows.from() + i] += part[i];
      }
    }
  }
}
