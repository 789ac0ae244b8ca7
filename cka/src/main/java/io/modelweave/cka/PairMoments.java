package io.modelweave.cka;

import io.modelweave.cka.products.HostFloats;
import io.modelweave.cka.products.HostTile;
import io.modelweave.cka.products.RowProducts;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What two layers have in common over some samples, {@code x} and {@code y} less their means: all that linear HSIC needs, to the fourth
 * order.
 *
 * <p>Moments about one mean follow from those about another, so that two sets are joined exactly without their samples. Source: Chan,
 * Golub and LeVeque 1983, carried to the fourth order. All is added in place: the memory of a product costs more than the product.
 */
final class PairMoments implements AutoCloseable {

  private final INDArray products;
  private final double[] ofY;
  private final double[] ofX;
  private double fourth;

  /**
   * Makes moments.
   *
   * @param products {@code Σ x yᵀ}, {@code [p, q]} DOUBLE in 'c' order, owned from here on
   * @param ofY {@code Σ ‖x‖² y}
   * @param ofX {@code Σ ‖y‖² x}
   * @param fourth {@code Σ ‖x‖² ‖y‖²}
   */
  PairMoments(INDArray products, double[] ofY, double[] ofX, double fourth) {
    this.products = products;
    this.ofY = ofY;
    this.ofX = ofX;
    this.fourth = fourth;
  }

  /** Returns the moments of no samples. */
  static PairMoments none(int p, int q) {
    return new PairMoments(Nd4j.create(DataType.DOUBLE, new long[] {p, q}, 'c'), new double[q], new double[p], 0);
  }

  PairMoments copy() {
    return new PairMoments(products.dup('c'), ofY.clone(), ofX.clone(), fourth);
  }

  /** Returns {@code Σ x yᵀ}, not to be modified. */
  INDArray products() {
    return products;
  }

  double[] ofY() {
    return ofY;
  }

  double[] ofX() {
    return ofX;
  }

  double fourth() {
    return fourth;
  }

  /**
   * Adds samples that come to those of the moments before.
   *
   * @param ofX the moments of x before
   * @param ofY the moments of y before
   */
  void add(LayerMoments.Batch x, LayerMoments.Batch y, LayerMoments beforeOfX, LayerMoments beforeOfY) {
    if (x.before() > 0) {
      shiftAllButProducts(x.before(), x.shift(), y.shift(), beforeOfX, beforeOfY);
    }
    RowProducts.FASTEST.crossed(x.extended(), y.extended(), true, products);
    if (x == y) {
      HostTile.mirror(products);
    }
    add(ofY, RowProducts.FASTEST.weightedSum(y.features(), x.norms()));
    add(ofX, RowProducts.FASTEST.weightedSum(x.features(), y.norms()));
    fourth += PairSums.dot(x.norms(), y.norms());
  }

  /** Makes these the moments of n samples about means that are less by {@code dx} and {@code dy}. */
  void shift(double n, double[] dx, double[] dy, LayerMoments x, LayerMoments y) {
    shiftAllButProducts(n, dx, dy, x, y);
    try (INDArray left = HostFloats.array(dx, dx.length, 1); INDArray right = HostFloats.array(dy, 1, dy.length);
        INDArray outer = left.mmul(right)) {
      products.addi(outer.muli(n));
    }
  }

  private void shiftAllButProducts(double n, double[] dx, double[] dy, LayerMoments x, LayerMoments y) {
    double[] towardsY = RowProducts.FASTEST.weightedSum(products, dx);
    double[] towardsX = RowProducts.FASTEST.projections(products, dy);
    double xx = PairSums.dot(dx, dx);
    double yy = PairSums.dot(dy, dy);
    fourth += 2 * PairSums.dot(ofY, dy) + 2 * PairSums.dot(ofX, dx) + 4 * PairSums.dot(dx, towardsX)
        + x.squares() * yy + y.squares() * xx + n * xx * yy;
    for (int j = 0; j < ofY.length; j++) {
      ofY[j] += 2 * towardsY[j] + (x.squares() + n * xx) * dy[j];
    }
    for (int i = 0; i < ofX.length; i++) {
      ofX[i] += 2 * towardsX[i] + (y.squares() + n * yy) * dx[i];
    }
  }

  /** Adds moments about the same means. */
  void add(PairMoments that) {
    products.addi(that.products);
    add(ofY, that.ofY);
    add(ofX, that.ofX);
    fourth += that.fourth;
  }

  private static void add(double[] to, double[] part) {
    for (int i = 0; i < to.length; i++) {
      to[i] += part[i];
    }
  }

  @Override
  public void close() {
    products.close();
  }
}
