package io.modelweave.cka;

import io.modelweave.cka.products.HostFloats;
import io.modelweave.cka.products.RowProducts;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Sums over pairs of linear Gram matrices {@code X Xᵀ} by products of features: {@code [p, q]} arrays, none of {@code [n, n]}. */
final class FeatureSpace {

  private final int[] leftOut;

  private FeatureSpace(int[] leftOut) {
    this.leftOut = leftOut;
  }

  /** Returns the sums of every layer of a with every one of b, which may be the same list. */
  static SumsTable of(List<LayerGram> a, List<LayerGram> b, int[] leftOut) {
    FeatureSpace space = new FeatureSpace(leftOut);
    PairSums[] ofA = a.stream().map(layer -> space.sums(layer, layer)).toArray(PairSums[]::new);
    PairSums[] ofB = a == b ? ofA : b.stream().map(layer -> space.sums(layer, layer)).toArray(PairSums[]::new);
    PairSums[][] cross = new PairSums[a.size()][b.size()];
    for (int i = 0; i < a.size(); i++) {
      for (int j = 0; j < b.size(); j++) {
        boolean known = a == b && j <= i;
        cross[i][j] = !known ? space.sums(a.get(i), b.get(j)) : i == j ? ofA[i] : cross[j][i].transposed();
      }
    }
    return new SumsTable(ofA, ofB, cross);
  }

  /**
   * Sums {@code U_ij V_ij} by multiplying out {@code (x_i·x_j + α_i + α_j)(y_i·y_j + β_i + β_j)}. The term of fourth order is
   * {@code x_iᵀ (XᵀY) y_i}, whose sum is {@code ‖XᵀY‖²}; the others are of {@code Xᵀ} and a diagonal.
   */
  private PairSums sums(LayerGram left, LayerGram right) {
    INDArray x = left.values();
    INDArray y = right.values();
    double[] a = left.diagonal();
    double[] b = right.diagonal();
    double squares;
    double[] fourth;
    boolean own = left.equalsToTheBit(right);
    try (INDArray crossed = own ? RowProducts.FASTEST.within(x.transpose()) : RowProducts.FASTEST.between(x.transpose(), y.transpose())) {
      squares = sumOfSquares(crossed);
      fourth = rowProducts(x, crossed, y);
    }
    double[] xb = projected(x, b);
    double[] ya = own ? xb : projected(y, a);
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
  private double[] rowProducts(INDArray x, INDArray c, INDArray y) {
    try (INDArray someX = some(x); INDArray someY = some(y); INDArray mapped = RowProducts.FASTEST.between(someX, c.transpose());
        INDArray ones = Nd4j.ones(y.dataType(), y.size(1), 1); INDArray sums = mapped.muli(someY).mmul(ones)) {
      return sums.data().asDouble();
    }
  }

  private INDArray some(INDArray x) {
    return leftOut.length == x.size(0) ? x.dup() : Nd4j.pullRows(x, 1, leftOut);
  }

  /** Returns {@code x_i · Σ_j w_j x_j} of the samples that are left out. */
  private double[] projected(INDArray x, double[] weights) {
    int n = weights.length;
    try (INDArray w = Nd4j.create(weights, new long[] {n, 1}, new long[] {1, 1}, 'c', x.dataType());
        INDArray direction = x.transpose().mmul(w);
        INDArray rows = some(x);
        INDArray projected = rows.mmul(direction)) {
      return projected.data().asDouble();
    }
  }

  /** Returns {@code Σ c²} in DOUBLE. */
  static double sumOfSquares(INDArray c) {
    if (HostFloats.canRead(c)) {
      return HostFloats.sumOfSquares(HostFloats.of(c), 0, (int) c.length());
    }
    try (INDArray wide = Nd4j.createUninitialized(DataType.DOUBLE, c.shape(), 'c').assign(c)) {
      return wide.muli(wide).sumNumber().doubleValue();
    }
  }
}
