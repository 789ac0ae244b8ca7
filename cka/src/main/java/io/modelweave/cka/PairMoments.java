package io.modelweave.cka;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What two layers have in common over some samples, {@code x} and {@code y} less their means: all that linear HSIC needs, to the fourth
 * order.
 *
 * <p>Moments about one mean follow from those about another, so that two sets are joined exactly without their samples. Source: Chan,
 * Golub and LeVeque 1983, carried to the fourth order.
 *
 * @param products {@code Σ x yᵀ}, {@code [p, q]} DOUBLE, never modified; freed with this record
 * @param ofY {@code Σ ‖x‖² y}
 * @param ofX {@code Σ ‖y‖² x}
 * @param fourth {@code Σ ‖x‖² ‖y‖²}
 */
record PairMoments(INDArray products, double[] ofY, double[] ofX, double fourth) implements AutoCloseable {

  static PairMoments of(LayerMoments.Batch x, LayerMoments.Batch y) {
    return new PairMoments(x.centered().transpose().mmul(y.centered()), weighted(y.centered(), x.norms()),
        weighted(x.centered(), y.norms()), PairSums.dot(x.norms(), y.norms()));
  }

  private static double[] weighted(INDArray x, double[] weights) {
    try (INDArray w = column(weights); INDArray sums = x.transpose().mmul(w)) {
      return sums.data().asDouble();
    }
  }

  /** Returns the moments about means that are less by {@code dx} and {@code dy}, of n samples. */
  PairMoments shifted(double n, double[] dx, double[] dy, LayerMoments x, LayerMoments y) {
    double[] towardsY = times(products.transpose(), dx);
    double[] towardsX = times(products, dy);
    double xx = PairSums.dot(dx, dx);
    double yy = PairSums.dot(dy, dy);
    double[] newOfY = new double[ofY.length];
    for (int j = 0; j < newOfY.length; j++) {
      newOfY[j] = ofY[j] + 2 * towardsY[j] + (x.squares() + n * xx) * dy[j];
    }
    double[] newOfX = new double[ofX.length];
    for (int i = 0; i < newOfX.length; i++) {
      newOfX[i] = ofX[i] + 2 * towardsX[i] + (y.squares() + n * yy) * dx[i];
    }
    double newFourth = fourth + 2 * PairSums.dot(ofY, dy) + 2 * PairSums.dot(ofX, dx) + 4 * PairSums.dot(dx, towardsX)
        + x.squares() * yy + y.squares() * xx + n * xx * yy;
    try (INDArray left = column(dx); INDArray right = column(dy); INDArray outer = left.mmul(right.transpose())) {
      return new PairMoments(outer.muli(n).add(products), newOfY, newOfX, newFourth);
    }
  }

  /** Returns the sums of moments about the same means. */
  PairMoments plus(PairMoments that) {
    return new PairMoments(products.add(that.products), sum(ofY, that.ofY), sum(ofX, that.ofX), fourth + that.fourth);
  }

  private static double[] sum(double[] left, double[] right) {
    double[] sum = left.clone();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += right[i];
    }
    return sum;
  }

  private static double[] times(INDArray matrix, double[] vector) {
    try (INDArray v = column(vector); INDArray product = matrix.mmul(v)) {
      return product.data().asDouble();
    }
  }

  private static INDArray column(double[] values) {
    return Nd4j.create(values, new long[] {values.length, 1}, new long[] {1, 1}, 'c', DataType.DOUBLE);
  }

  @Override
  public void close() {
    products.close();
  }
}
