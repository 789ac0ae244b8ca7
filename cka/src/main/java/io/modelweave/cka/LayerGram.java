package io.modelweave.cka;

import io.modelweave.cka.kernels.LinearKernel;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The Gram matrix of one layer, of which any tile can be had, and what centres it; it is kept whole only if it is one tile. */
final class LayerGram implements AutoCloseable {

  private final LayerFeatures features;
  private final Kernel kernel;
  private final @Nullable INDArray mapped;
  private final @Nullable INDArray whole;
  private final double[] diagonal;
  private final double[] offsets;
  private final double largest;
  private final boolean constant;

  private @Nullable Tile heldTile;
  private @Nullable INDArray heldRows;

  /**
   * Makes a matrix.
   *
   * @param mapped what the kernel makes of all samples, or nothing if it leaves them as they are
   * @param whole the kernel of all samples, if it is known
   */
  private LayerGram(LayerFeatures features, Kernel kernel, @Nullable INDArray mapped, @Nullable INDArray whole, double[] diagonal,
      double[] offsets, double largest, boolean constant) {
    this.features = features;
    this.kernel = kernel;
    this.mapped = mapped;
    this.whole = whole;
    this.diagonal = diagonal;
    this.offsets = offsets;
    this.largest = largest;
    this.constant = constant;
  }

  /** A kernel that is fitted to all samples of a layer, and what it makes of them, unless that is the same. */
  private record Fitted(Kernel kernel, @Nullable INDArray mapped) {

    static Fitted of(Kernel kernel, INDArray x) {
      INDArray mapped = kernel.map(x);
      return new Fitted(kernel, mapped == x ? null : mapped);
    }
  }

  /**
   * Returns the Gram matrix of features, which it then owns: one pass over all tiles for their row means, none for a linear kernel,
   * whose Gram matrix of centred features is centred.
   */
  static LayerGram of(LayerFeatures features, Kernel unfitted, int edge) {
    if (features.constant()) {
      int n = features.samples();
      return new LayerGram(features, unfitted, null, null, new double[n], new double[n], 0, true);
    }
    if (unfitted instanceof LinearKernel) {
      double[] norms = features.squaredNorms();
      return new LayerGram(features, unfitted, null, null, norms, offsets(norms), Arrays.stream(norms).max().orElse(0), false);
    }
    return swept(features, features.withAll(x -> Fitted.of(unfitted.fit(x), x)), edge);
  }

  /** Returns the Gram matrix of a kernel that is fitted already. */
  static LayerGram fitted(LayerFeatures features, Kernel kernel, int edge) {
    if (features.constant() || kernel instanceof LinearKernel) {
      return of(features, kernel, edge);
    }
    return swept(features, features.withAll(x -> Fitted.of(kernel, x)), edge);
  }

  private static LayerGram swept(LayerFeatures features, Fitted fitted, int edge) {
    LayerGram uncentered = new LayerGram(features, fitted.kernel(), fitted.mapped(), null, new double[features.samples()], new double[0], 0,
        false);
    INDArray whole = null;
    try {
      RowMeans means = new RowMeans(uncentered);
      List<Tile> tiles = Tile.of(features.samples(), edge);
      if (tiles.size() == 1) {
        whole = uncentered.kernelOf(tiles.get(0), tiles.get(0));
        means.add(whole, tiles.get(0), tiles.get(0));
      } else {
        Tile.pairs(tiles, (rows, columns) -> uncentered.addTo(means, rows, columns));
      }
      return new LayerGram(features, fitted.kernel(), fitted.mapped(), whole, means.centeredDiagonal(), means.offsets(), means.largest(),
          means.vanishes());
    } catch (RuntimeException e) {
      uncentered.giveRowsBack();
      if (fitted.mapped() != null) {
        fitted.mapped().close();
      }
      throw e;
    }
  }

  private void addTo(RowMeans means, Tile rows, Tile columns) {
    INDArray tile = kernelOf(rows, columns);
    means.add(tile, rows, columns);
    Scratch.give(tile);
  }

  String label() {
    return features.label();
  }

  int samples() {
    return diagonal.length;
  }

  int width() {
    return features.width();
  }

  DataType type() {
    return features.type();
  }

  /** Returns the kernel, with the bandwidth for the rows of {@link #features()}. */
  Kernel kernel() {
    return kernel;
  }

  /** Returns the bandwidth in units of the given features, or NaN. */
  double bandwidth() {
    return Math.scalb(kernel.bandwidth(), features.exponent());
  }

  /** Returns the rounding of an element of a tile. */
  double rounding() {
    return precision(type()) * largest;
  }

  /** Returns the distance from 1 to the next number of a type. */
  static double precision(DataType type) {
    return type == DataType.FLOAT ? Math.ulp(1.0f) : Math.ulp(1.0);
  }

  LayerFeatures features() {
    return features;
  }

  /** Returns whether two layers are equal to the last bit: their value is exactly 1 only if it is of the sums of a layer with itself. */
  boolean equalsToTheBit(LayerGram that) {
    if (this == that) {
      return true;
    }
    return width() == that.width() && Arrays.equals(diagonal, that.diagonal)
        && Tile.of(samples(), Settings.DEFAULT.tile()).stream().allMatch(tile -> sameRows(that, tile));
  }

  private boolean sameRows(LayerGram that, Tile tile) {
    INDArray mine = features.rows(tile);
    INDArray theirs = that.features.rows(tile);
    try (INDArray difference = mine.sub(theirs)) {
      return difference.amaxNumber().doubleValue() == 0;
    } finally {
      Scratch.give(mine);
      Scratch.give(theirs);
    }
  }

  /** Returns the diagonal of {@code HKH}, not to be modified. */
  double[] diagonal() {
    return diagonal;
  }

  /** Returns {@code o} for which {@code U(K)_ij = K_ij - o_i - o_j} off the diagonal, not to be modified. */
  double[] offsets() {
    return offsets;
  }

  /** Returns whether the kernel gives the same for all pairs of samples, up to rounding: then it is nothing but rounding, centred. */
  boolean constant() {
    return constant;
  }

  /**
   * Returns what a function makes of the elements of some rows and columns of {@code K}, of which only those above its diagonal count. The array may not be
   * modified, and lives until the call returns. For one thread at a time.
   *
   * @param rows and {@code columns} are equal or do not overlap
   */
  <T> T withTile(Tile rows, Tile columns, Function<INDArray, T> use) {
    if (whole != null) {
      return use.apply(whole);
    }
    INDArray tile = kernelOf(rows, columns);
    T result = use.apply(tile);
    Scratch.give(tile);
    return result;
  }

  private INDArray kernelOf(Tile rows, Tile columns) {
    INDArray tile = Scratch.take(type(), rows.size(), columns.size());
    INDArray x = mapped != null ? HeldFeatures.view(mapped, rows) : heldRows(rows);
    if (rows.equals(columns)) {
      kernel.within(x, tile);
    } else if (mapped != null) {
      kernel.between(x, HeldFeatures.view(mapped, columns), tile);
    } else {
      INDArray y = features.rows(columns);
      kernel.between(x, y, tile);
      Scratch.give(y);
    }
    if (columns.to() == samples()) {
      giveRowsBack();
    }
    return tile;
  }

  /** Returns rows that are wanted again for the next columns. */
  private INDArray heldRows(Tile rows) {
    if (heldRows == null || !rows.equals(heldTile)) {
      giveRowsBack();
      heldRows = features.rows(rows);
      heldTile = rows;
    }
    return heldRows;
  }

  private void giveRowsBack() {
    if (heldRows != null) {
      Scratch.give(heldRows);
      heldRows = null;
    }
  }

  /**
   * Returns {@code o} for which {@code U_ij = x_i·x_j - o_i - o_j}, of centred features: {@code x_i} is orthogonal to their sum, so that
   * what is beside the diagonal sums to minus the diagonal in each row.
   */
  private static double[] offsets(double[] norms) {
    double n = norms.length;
    double shift = PairSums.sum(norms) / (2 * (n - 1) * (n - 2));
    return Arrays.stream(norms).map(a -> shift - a / (n - 2)).toArray();
  }

  @Override
  public void close() {
    giveRowsBack();
    if (whole != null) {
      Scratch.give(whole);
    }
    if (mapped != null) {
      mapped.close();
    }
    features.close();
  }
}
