package io.modelweave.cka;

import io.modelweave.cka.kernels.DistanceKernel;
import io.modelweave.cka.kernels.LinearKernel;
import io.modelweave.cka.products.Scratch;
import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The Gram matrix of one layer: its tiles, and what centres them. */
final class LayerGram implements AutoCloseable {

  /** Numbers whose largest is between these have sums of squares that FLOAT holds. */
  private static final double SMALLEST = 0x1p-40;
  private static final double LARGEST = 0x1p60;

  private final LayerFeatures features;
  private final KernelTiles tiles;
  private final double[] diagonal;
  private final double[] offsets;
  private final double largest;
  private final boolean constant;

  private LayerGram(LayerFeatures features, KernelTiles tiles, double[] diagonal, double[] offsets, double largest, boolean constant) {
    this.features = features;
    this.tiles = tiles;
    this.diagonal = diagonal;
    this.offsets = offsets;
    this.largest = largest;
    this.constant = constant;
  }

  /**
   * Returns the Gram matrix of features, which it then owns: one pass over all tiles for their row means, none for a linear kernel,
   * whose Gram matrix of centred features is centred.
   *
   * @param keep whether there is memory for all tiles of that pass; a single one of a linear kernel is left to who first asks for it
   */
  static LayerGram of(LayerFeatures features, Kernel unfitted, int edge, boolean keep) {
    return isKnown(features, unfitted) ? known(features, unfitted, edge, keep) : swept(features, fitted(features, unfitted), edge, keep);
  }

  /** Returns the Gram matrix of a kernel that is fitted already. */
  static LayerGram ofFitted(LayerFeatures features, Kernel kernel, int edge, boolean keep) {
    return isKnown(features, kernel) ? known(features, kernel, edge, keep) : swept(features, kernel, edge, keep);
  }

  private static boolean isKnown(LayerFeatures features, Kernel kernel) {
    return features.constant() || kernel instanceof LinearKernel;
  }

  private static LayerGram known(LayerFeatures features, Kernel kernel, int edge, boolean keep) {
    KernelTiles tiles = new KernelTiles(features, kernel, null);
    if (features.constant()) {
      int n = features.samples();
      return new LayerGram(features, tiles, new double[n], new double[n], 0, true);
    }
    if (keep && features.samples() > edge) {
      tiles.keep(edge);
    }
    double[] norms = features.squaredNorms();
    return new LayerGram(features, tiles, norms, offsets(norms), largest(norms), false);
  }

  private static Kernel fitted(LayerFeatures features, Kernel kernel) {
    if (!(kernel instanceof DistanceKernel ofDistances)) {
      return features.withAll(kernel::fit);
    }
    int n = features.samples();
    INDArray some = features.rows(ofDistances.rule().samples(n));
    double sigma = ofDistances.rule().of(some);
    Scratch.give(some);
    return ofDistances.fit(sigma, 2 * PairSums.sum(features.squaredNorms()) / n);
  }

  private static LayerGram swept(LayerFeatures features, Kernel kernel, int edge, boolean keep) {
    INDArray mapped = kernel instanceof DistanceKernel ? null : features.withAll(x -> {
      INDArray result = kernel.map(x);
      return result == x ? null : result;
    });
    KernelTiles tiles = new KernelTiles(features, kernel, mapped);
    try {
      RowMeans means = new RowMeans(features, kernel);
      tiles.addTo(means, edge, keep);
      return new LayerGram(features, tiles, means.centeredDiagonal(), means.offsets(), means.largest(), means.vanishes());
    } catch (RuntimeException e) {
      tiles.close();
      throw e;
    }
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
    return tiles.kernel();
  }

  /** Returns the bandwidth in units of the given features, or NaN. */
  double bandwidth() {
    return Math.scalb(kernel().bandwidth(), features.exponent());
  }

  /** Returns whether squares of elements, or products of features, leave the range in which FLOAT has all its digits. */
  boolean needsDouble() {
    return type() == DataType.FLOAT && !features.constant() && !(suitsFloat(largest) && suitsFloat(largest(features.squaredNorms())));
  }

  private static boolean suitsFloat(double largest) {
    return largest > SMALLEST && largest < LARGEST;
  }

  private static double largest(double[] values) {
    return Arrays.stream(values).max().orElse(0);
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

  /** Returns the tiles of {@code K}. */
  KernelTiles tiles() {
    return tiles;
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
    tiles.close();
    features.close();
  }
}
