package io.modelweave.cka;

import io.modelweave.cka.products.HostFloats;
import io.modelweave.cka.products.HostTile;
import io.modelweave.cka.products.RowProducts;
import io.modelweave.cka.products.Scratch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Sums over the linear Gram matrices of two layers from one pass over their features, block by block.
 *
 * <p>{@code U_ij V_ij} is {@code (x_i·x_j + α_i + α_j)(y_i·y_j + β_i + β_j)}, multiplied out. The term of fourth order is
 * {@code x_iᵀ (XᵀY) y_i}, whose sum is {@code ‖XᵀY‖²}; the others are of {@code Xᵀ} and a diagonal.
 */
final class CrossedFeatures {

  /** Rows that are multiplied at once: enough for a product to be worth its output, few enough to stay in the cache. */
  private static final int BLOCK = 512;

  private final List<LayerGram> layers;
  private final int[] leftOut;
  private final List<Wanted> wanted = new ArrayList<>();

  /** The sums of which layers are wanted, and by whom. */
  private record Wanted(int left, int right, Consumer<PairSums> by) {}

  /**
   * Starts with nothing wanted.
   *
   * @param leftOut the samples without which the sums are wanted
   */
  CrossedFeatures(LayerGram left, LayerGram right, int[] leftOut) {
    this.layers = left.equalsToTheBit(right) ? List.of(left) : List.of(left, right);
    this.leftOut = leftOut;
  }

  /** Asks for the sums of the first layer with the second. */
  CrossedFeatures cross(Consumer<PairSums> by) {
    return want(0, layers.size() - 1, by);
  }

  /** Asks for the sums of the first layer with itself. */
  CrossedFeatures ofLeft(Consumer<PairSums> by) {
    return want(0, 0, by);
  }

  /** Asks for the sums of the second layer with itself. */
  CrossedFeatures ofRight(Consumer<PairSums> by) {
    return want(layers.size() - 1, layers.size() - 1, by);
  }

  private CrossedFeatures want(int left, int right, Consumer<PairSums> by) {
    wanted.add(new Wanted(left, right, by));
    return this;
  }

  /** Computes what is wanted and hands it out. */
  void compute() {
    List<INDArray> products = wanted.stream()
        .map(pair -> Scratch.take(layers.get(0).type(), width(pair.left()), width(pair.right()))).toList();
    // Of the features of each layer, for the diagonal of each: Σ_k M_kk x_k.
    double[][][] towards = layers.stream().map(x -> new double[layers.size()][x.width()]).toArray(double[][][]::new);
    for (Tile tile : Tile.of(layers.get(0).samples(), BLOCK)) {
      double[][] weights = layers.stream().map(layer -> Arrays.copyOfRange(layer.diagonal(), tile.from(), tile.to()))
          .toArray(double[][]::new);
      List<INDArray> rows = new ArrayList<>();
      for (int i = 0; i < layers.size(); i++) {
        rows.add(layers.get(i).features().rows(tile));
        add(RowProducts.FASTEST.weightedSums(rows.get(i), weights), towards[i]);
      }
      for (int k = 0; k < products.size(); k++) {
        Wanted pair = wanted.get(k);
        RowProducts.FASTEST.crossed(rows.get(pair.left()), rows.get(pair.right()), tile.from() > 0, products.get(k));
      }
      rows.forEach(Scratch::give);
    }
    List<INDArray> rows = layers.stream().map(layer -> layer.features().rows(leftOut)).toList();
    for (int k = 0; k < products.size(); k++) {
      Wanted pair = wanted.get(k);
      double[] towardsX = RowProducts.FASTEST.projections(rows.get(pair.left()), towards[pair.left()][pair.right()]);
      double[] towardsY = RowProducts.FASTEST.projections(rows.get(pair.right()), towards[pair.right()][pair.left()]);
      double squares = squares(products.get(k), pair.left() == pair.right());
      double[] fourth = rowProducts(rows.get(pair.left()), products.get(k), rows.get(pair.right()));
      pair.by().accept(sums(layers.get(pair.left()).diagonal(), layers.get(pair.right()).diagonal(), squares, fourth, towardsX, towardsY));
    }
    rows.forEach(Scratch::give);
    products.forEach(Scratch::give);
  }

  private int width(int layer) {
    return layers.get(layer).width();
  }

  private static void add(double[][] parts, double[][] to) {
    for (int k = 0; k < to.length; k++) {
      for (int j = 0; j < to[k].length; j++) {
        to[k][j] += parts[k][j];
      }
    }
  }

  /**
   * Returns the sums.
   *
   * @param a {@code M_ii} of all samples
   * @param b {@code N_ii} of all samples
   * @param squares {@code ‖XᵀY‖²}
   * @param fourth {@code x_iᵀ (XᵀY) y_i} of the left-out samples
   * @param xb {@code x_i · Σ_k N_kk x_k} of the left-out samples
   * @param ya {@code y_i · Σ_k M_kk y_k} of the left-out samples
   */
  private PairSums sums(double[] a, double[] b, double squares, double[] fourth, double[] xb, double[] ya) {
    HsicSums whole = HsicSums.ofLinear(a.length, squares, PairSums.dot(a, b), PairSums.sum(a), PairSums.sum(b));
    RowOffsets offsets = new RowOffsets(whole);
    double[] rows = new double[leftOut.length];
    double[] rowsOfX = new double[leftOut.length];
    double[] rowsOfY = new double[leftOut.length];
    for (int k = 0; k < leftOut.length; k++) {
      double ai = a[leftOut[k]];
      double bi = b[leftOut[k]];
      rowsOfX[k] = xb[k] - ai * bi + offsets.ofX(ai, bi);
      rowsOfY[k] = ya[k] - ai * bi + offsets.ofY(ai, bi);
      rows[k] = fourth[k] - ai * bi + offsets.ofBoth(ai, bi, rowsOfX[k], rowsOfY[k]);
    }
    return new PairSums(whole, a, b, leftOut, rows, rowsOfX, rowsOfY);
  }

  /** Returns {@code x_iᵀ C y_i} of the samples that are left out. */
  private static double[] rowProducts(INDArray x, INDArray c, INDArray y) {
    INDArray mapped = Scratch.take(x.dataType(), x.size(0), y.size(1));
    RowProducts.FASTEST.between(x, c.transpose(), mapped);
    HostTile left = HostTile.of(mapped);
    HostTile right = HostTile.of(y);
    double[] products = new double[left.rows()];
    for (int k = 0; k < products.length; k++) {
      products[k] = left.dot(k, right);
    }
    left.give();
    right.give();
    Scratch.give(mapped);
    return products;
  }

  /** Returns {@code Σ c²} in DOUBLE; a symmetric product, whose lower half may be missing, is completed on the way. */
  private static double squares(INDArray product, boolean symmetric) {
    HostTile host = HostTile.of(product);
    if (symmetric && HostFloats.AVAILABLE) {
      host.mirror();
      host.write(product);
    }
    double sum = PairSums.sum(host.squares());
    host.give();
    return sum;
  }

  /** Returns {@code Σ c²} in DOUBLE. */
  static double sumOfSquares(INDArray c) {
    return squares(c, false);
  }
}
