package io.modelweave.cka;

import io.modelweave.cka.kernels.LinearKernel;
import io.modelweave.cka.products.Distances;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The U-centred Gram matrix of one layer, of which any tile can be had; none is kept unless one is all. */
final class LayerGram implements AutoCloseable {

  private final LayerFeatures features;
  private final Kernel kernel;
  private final INDArray mapped;
  private final double[] diagonal;
  private final double[] offsets;
  private final double largest;
  private final boolean constant;
  private final @Nullable INDArray whole;

  private LayerGram(LayerFeatures features, Kernel kernel, INDArray mapped, double[] diagonal, double[] offsets,
      double largest, boolean constant) {
    this.features = features;
    this.kernel = kernel;
    this.mapped = mapped;
    this.diagonal = diagonal;
    this.offsets = offsets;
    this.largest = largest;
    this.constant = constant;
    this.whole = null;
  }

  private LayerGram(LayerGram that, INDArray whole) {
    this.features = that.features;
    this.kernel = that.kernel;
    this.mapped = that.mapped;
    this.diagonal = that.diagonal;
    this.offsets = that.offsets;
    this.largest = that.largest;
    this.constant = that.constant;
    this.whole = whole;
  }

  /**
   * Returns the same matrix, computed now if it is a single tile, and then without its features: their memory serves the next layer while
   * it is in the cache. This object is then closed.
   */
  LayerGram computed(int edge) {
    if (samples() > edge) {
      return this;
    }
    Tile all = new Tile(0, samples());
    LayerGram computed = new LayerGram(this, tile(all, all));
    close();
    return computed;
  }

  /**
   * Returns the Gram matrix of features, which it then owns: one pass over all tiles for their row means, none for a linear kernel,
   * whose Gram matrix of centred features is centred.
   */
  static LayerGram of(LayerFeatures features, Kernel unfitted, int edge) {
    if (features.constant()) {
      int n = features.samples();
      return new LayerGram(features, unfitted, features.values(), new double[n], new double[n], 0, true);
    }
    if (unfitted instanceof LinearKernel) {
      double[] norms = features.squaredNorms();
      return new LayerGram(features, unfitted, features.values(), norms, offsets(norms),
          Arrays.stream(norms).max().orElse(0), false);
    }
    return fitted(features, unfitted.fit(features.values()), edge);
  }

  /** Returns the Gram matrix of a kernel that is fitted already. */
  static LayerGram fitted(LayerFeatures features, Kernel kernel, int edge) {
    if (features.constant() || kernel instanceof LinearKernel) {
      return of(features, kernel, edge);
    }
    INDArray mapped = kernel.map(features.values());
    RowMeans means = RowMeans.of(kernel, mapped, edge, features.label());
    return new LayerGram(features, kernel, mapped, means.centeredDiagonal(), means.offsets(), means.largest(), means.vanishes());
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

  /** Returns the kernel, with the bandwidth for {@link #values()}. */
  Kernel kernel() {
    return kernel;
  }

  /** Returns the bandwidth in units of the given features, or NaN. */
  double bandwidth() {
    return Math.scalb(kernel.bandwidth(), features.exponent());
  }

  /** Returns the rounding of an element of a tile. */
  double rounding() {
    return precision(features.type()) * largest;
  }

  /** Returns the distance from 1 to the next number of a type. */
  static double precision(DataType type) {
    return type == DataType.FLOAT ? Math.ulp(1.0f) : Math.ulp(1.0);
  }

  /** Returns the features {@code [n, d]}, not to be modified. */
  INDArray values() {
    return features.values();
  }

  /** Returns whether two layers are equal to the last bit: their value is exactly 1 only if it is of the sums of a layer with itself. */
  boolean equalsToTheBit(LayerGram that) {
    if (this == that) {
      return true;
    }
    if (width() != that.width() || !Arrays.equals(diagonal, that.diagonal)) {
      return false;
    }
    INDArray mine = whole != null ? whole : values();
    try (INDArray difference = mine.sub(that.whole != null ? that.whole : that.values())) {
      return difference.amaxNumber().doubleValue() == 0;
    }
  }

  /** Returns the diagonal of {@code HKH}, not to be modified. */
  double[] diagonal() {
    return diagonal;
  }

  /** Returns whether the kernel gives the same for all pairs of samples, up to rounding: then it is nothing but rounding, centred. */
  boolean constant() {
    return constant;
  }

  /**
   * Returns the elements of some rows and columns, in 'c' order. The caller closes it.
   *
   * @param rows and {@code columns} are equal or do not overlap
   */
  INDArray tile(Tile rows, Tile columns) {
    if (whole != null) {
      return whole.dup('c');
    }
    INDArray x = LayerFeatures.rows(mapped, rows.from(), rows.to());
    boolean within = rows.equals(columns);
    INDArray tile = within ? kernel.within(x) : kernel.between(x, LayerFeatures.rows(mapped, columns.from(), columns.to()));
    try (INDArray left = slice(rows); INDArray right = slice(columns)) {
      tile.subiColumnVector(left.reshape(left.length(), 1)).subiRowVector(right.reshape(1, right.length()));
    }
    if (within) {
      Distances.diagonal(tile).assign(0);
    }
    return tile;
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

  private INDArray slice(Tile tile) {
    double[] slice = Arrays.copyOfRange(offsets, tile.from(), tile.to());
    return Nd4j.create(slice, new long[] {slice.length}, new long[] {1}, 'c', features.type());
  }

  @Override
  public void close() {
    if (whole != null) {
      whole.close();
      return;
    }
    if (mapped != features.values()) {
      mapped.close();
    }
    features.close();
  }
}
