package io.modelweave.cka;

import io.modelweave.cka.kernels.RbfKernel;
import io.modelweave.cka.products.Distances;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One side of a CKA that is differentiated, whole and in DOUBLE.
 *
 * <p>With {@code A} and {@code B} the H- or U-centred Gram matrices of both sides, {@code a} and {@code b} their norms,
 * {@code ∂CKA/∂K = G = B/(ab) - CKA A/a²}, because centring is an orthogonal projection. The linear kernel carries it to
 * {@code 2 G X}, the RBF kernel, with {@code W = G ∘ K}, to {@code -2/σ² (diag(W 1) X - W X)}; {@code σ} is taken as given.
 */
final class GradientSide implements AutoCloseable {

  private final HeldFeatures features;
  private final Kernel kernel;
  private final INDArray gram;
  private final INDArray centered;
  private final double rounding;

  GradientSide(INDArray x, String label, Kernel unfitted, HsicEstimator estimator) {
    features = LayerFeatures.centered(x, label, DataType.DOUBLE, false);
    if (features.constant()) {
      features.close();
      throw new IllegalArgumentException("%s is constant over the samples: CKA has no gradient there".formatted(label));
    }
    kernel = unfitted instanceof RbfKernel rbf ? rbf.fit(features.values()) : unfitted;
    gram = kernel.within(features.values());
    centered = estimator == HsicEstimator.BIASED ? gram.dup('c') : hollow(gram);
    rounding = 8 * gram.size(0) * Math.ulp(1.0) * centered.amaxNumber().doubleValue();
    if (estimator == HsicEstimator.BIASED) {
      center(centered);
    } else {
      centerHollow(centered);
    }
  }

  /** Makes {@code H K H} of {@code K}. */
  private static void center(INDArray gram) {
    try (INDArray means = gram.mean(1)) {
      subtract(gram, means.subi(means.meanNumber().doubleValue() / 2));
    }
  }

  private static INDArray hollow(INDArray gram) {
    INDArray hollow = gram.dup('c');
    Distances.diagonal(hollow).assign(0);
    return hollow;
  }

  /** Makes {@code U(K)} of {@code K} without its diagonal. */
  private static void centerHollow(INDArray hollow) {
    long n = hollow.size(0);
    try (INDArray sums = hollow.sum(1)) {
      double total = sums.sumNumber().doubleValue();
      subtract(hollow, sums.divi(n - 2.0).subi(total / (2 * (n - 1.0) * (n - 2.0))));
    }
    Distances.diagonal(hollow).assign(0);
  }

  /** Subtracts {@code o_i + o_j} of each element. */
  private static void subtract(INDArray gram, INDArray offsets) {
    gram.subiColumnVector(offsets.reshape(offsets.length(), 1)).subiRowVector(offsets.reshape(1, offsets.length()));
  }

  /**
   * Returns {@code ⟨A, A⟩}.
   *
   * @throws IllegalArgumentException if it is no more than rounding, or overflows
   */
  double withItself() {
    double square = with(this);
    if (!Double.isFinite(square)) {
      throw new IllegalArgumentException("the %s kernel of %s is not finite; scale the features down or choose another bandwidth"
          .formatted(kernel.name(), features.label()));
    }
    if (!(square > rounding * rounding)) {
      throw new IllegalArgumentException(
          "%s has no structure beyond the size of its samples (all equally far apart, or one apart from all): CKA has no gradient there"
              .formatted(features.label()));
    }
    return square;
  }

  double with(GradientSide that) {
    try (INDArray products = centered.mul(that.centered)) {
      return products.sumNumber().doubleValue();
    }
  }

  /** Returns the gradient of a value of CKA with another side, in the type asked for. */
  INDArray towards(GradientSide that, double value, double own, double other, DataType type) {
    INDArray x = features.values();
    try (INDArray g = that.centered.mul(1 / Math.sqrt(own) / Math.sqrt(other)); INDArray mine = centered.mul(value / own)) {
      g.subi(mine);
      if (kernel instanceof RbfKernel rbf) {
        // The kernel may be less 1, which its derivative is not.
        try (INDArray whole = gram.add(rbf.lessOne() ? 1 : 0)) {
          g.muli(whole);
        }
        try (INDArray sums = g.sum(1); INDArray weighted = g.mmul(x); INDArray scaled = x.mulColumnVector(sums.reshape(sums.length(), 1))) {
          return cast(weighted.subi(scaled).mul(2 / (rbf.bandwidth() * rbf.bandwidth())), type);
        }
      }
      return cast(g.mmul(x).muli(2), type);
    }
  }

  private static INDArray cast(INDArray gradient, DataType type) {
    if (gradient.dataType() == type) {
      return gradient;
    }
    try (gradient) {
      return Nd4j.createUninitialized(type, gradient.shape(), 'c').assign(gradient);
    }
  }

  @Override
  public void close() {
    centered.close();
    gram.close();
    features.close();
  }
}
