package io.modelweave.cka;

import io.modelweave.cka.products.HostTile;
import io.modelweave.cka.products.RowProducts;
import io.modelweave.cka.products.Scratch;
import io.modelweave.core.BatchWorkers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Sums over pairs of linear Gram matrices {@code X Xᵀ} by products of features: {@code [p, q]} arrays, none of {@code [n, n]}. */
final class FeatureSpace {

  /** Rows that are multiplied at once: enough for a product to be worth its output, few enough to stay in the cache. */
  private static final int BLOCK = 512;

  private final int[] leftOut;

  private FeatureSpace(int[] leftOut) {
    this.leftOut = leftOut;
  }

  /** Two layers of a map. */
  private record Pair(LayerGram left, LayerGram right) {}

  /** Returns the sums of every layer of a with every one of b, which may be the same list; pairs are shared out to workers. */
  static SumsTable of(List<LayerGram> a, List<LayerGram> b, int[] leftOut, BatchWorkers workers) {
    FeatureSpace space = new FeatureSpace(leftOut);
    List<Pair> pairs = new ArrayList<>();
    for (int i = 0; i < a.size(); i++) {
      for (int j = a == b ? i + 1 : 0; j < b.size(); j++) {
        pairs.add(new Pair(a.get(i), b.get(j)));
      }
    }
    a.forEach(layer -> pairs.add(new Pair(layer, layer)));
    if (a != b) {
      b.forEach(layer -> pairs.add(new Pair(layer, layer)));
    }
    List<PairSums> all = new ArrayList<>();
    workers.forEach(pairs, pair -> space.sums(pair.left(), pair.right()), all::add);
    Iterator<PairSums> next = all.iterator();
    PairSums[][] cross = new PairSums[a.size()][b.size()];
    for (int i = 0; i < a.size(); i++) {
      for (int j = a == b ? i + 1 : 0; j < b.size(); j++) {
        cross[i][j] = next.next();
      }
    }
    PairSums[] ofA = a.stream().map(layer -> next.next()).toArray(PairSums[]::new);
    PairSums[] ofB = a == b ? ofA : b.stream().map(layer -> next.next()).toArray(PairSums[]::new);
    for (int i = 0; a == b && i < a.size(); i++) {
      cross[i][i] = ofA[i];
      for (int j = 0; j < i; j++) {
        cross[i][j] = cross[j][i].transposed();
      }
    }
    return new SumsTable(ofA, ofB, cross);
  }

  /**
   * Sums {@code U_ij V_ij} by multiplying out {@code (x_i·x_j + α_i + α_j)(y_i·y_j + β_i + β_j)}. The term of fourth order is
   * {@code x_iᵀ (XᵀY) y_i}, whose sum is {@code ‖XᵀY‖²}; the others are of {@code Xᵀ} and a diagonal.
   */
  private PairSums sums(LayerGram left, LayerGram right) {
    double[] a = left.diagonal();
    double[] b = right.diagonal();
    boolean own = left.equalsToTheBit(right);
    double[] directionOfX = new double[left.width()];
    double[] directionOfY = own ? directionOfX : new double[right.width()];
    INDArray crossed = Scratch.take(left.type(), left.width(), right.width()).assign(0);
    for (Tile tile : Tile.of(a.length, BLOCK)) {
      INDArray someOfX = left.features().rows(tile);
      INDArray someOfY = own ? someOfX : right.features().rows(tile);
      RowProducts.FASTEST.addCrossed(someOfX, someOfY, crossed);
      add(RowProducts.FASTEST.weightedSum(someOfX, Arrays.copyOfRange(b, tile.from(), tile.to())), directionOfX);
      if (!own) {
        add(RowProducts.FASTEST.weightedSum(someOfY, Arrays.copyOfRange(a, tile.from(), tile.to())), directionOfY);
        Scratch.give(someOfY);
      }
      Scratch.give(someOfX);
    }
    if (own) {
      HostTile.mirror(crossed);
    }
    double squares = sumOfSquares(crossed);
    INDArray x = left.features().rows(leftOut);
    INDArray y = right.features().rows(leftOut);
    double[] xb = RowProducts.FASTEST.projections(x, directionOfX);
    double[] ya = own ? xb : RowProducts.FASTEST.projections(y, directionOfY);
    double[] fourth = rowProducts(x, crossed, y);
    Scratch.give(x);
    Scratch.give(y);
    Scratch.give(crossed);
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

  private static void add(double[] part, double[] to) {
    for (int j = 0; j < to.length; j++) {
      to[j] += part[j];
    }
  }

  /** Returns {@code x_iᵀ C y_i} of the samples that are left out. */
  private static double[] rowProducts(INDArray x, INDArray c, INDArray y) {
    INDArray mapped = Scratch.take(x.dataType(), x.size(0), y.size(1));
    RowProducts.FASTEST.between(x, c.transpose(), mapped);
    HostTile left = HostTile.of(mapped);
    HostTile right = HostTile.of(y);
    double[] products = new double[left.rows()];
    double[] rowOfLeft = new double[left.columns()];
    double[] rowOfRight = new double[left.columns()];
    for (int k = 0; k < products.length; k++) {
      left.copy(k, rowOfLeft);
      right.copy(k, rowOfRight);
      products[k] = PairSums.dot(rowOfLeft, rowOfRight);
    }
    left.give();
    right.give();
    Scratch.give(mapped);
    return products;
  }

  /** Returns {@code Σ c²} in DOUBLE. */
  static double sumOfSquares(INDArray c) {
    HostTile host = HostTile.of(c);
    double sum = PairSums.sum(host.squares());
    host.give();
    return sum;
  }
}
