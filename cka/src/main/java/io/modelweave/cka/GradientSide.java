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

  GradientSide(INDArray x, String label, Kernel unfitted, HsicEstimator estimator) {
    features = LayerFeatures.centered(x, label, DataType.DOUBLE, false);
    if (features.constant()) {
      features.close();
      throw new IllegalArgumentException("%s is constant over the samples: CKA has no gradient there".formatted(label));
    }
    kernel = unfitted instanceof RbfKernel rbf ? rbf.fit(features.values()) : unfitted;
    gram = kernel.within(features.values());
    centered = estimator == HsicEstimator.BIASED ? centered(gram) : unbiased(gram);
  }

  /** Returns {@code H K H}. */
  private static INDArray centered(INDArray gram) {
    try (INDArray means = gram.mean(1); INDArray column = means.subi(means.meanNumber().doubleValue() / 2).dup()) {
      long n = gram.size(0);
      return gram.sub(0).subiColumnVector(column.reshape(n, 1)).subiRowVector(column.reshape(1, n));
    }
  }

  /** Returns {@code U(K)}. */
  private static INDArray unbiased(INDArray gram) {
    long n = gram.size(0);
    INDArray hollow = gram.dup('c');
    Distances.diagonal(hollow).assign(0);
    try (INDArray sums = hollow.sum(1)) {
      double total = sums.sumNumber().doubleValue();
      INDArray offsets = sums.divi(n - 2.0).subi(total / (2 * (n - 1.0) * (n - 2.0)));
      hollow.subiColumnVector(offsets.reshape(n, 1)).subiRowVector(offsets.reshape(1, n));
    }
    Distances.diagonal(hollow).assign(0);
    return hollow;
  }

  double with(GradientSide that) {
    try (INDArray products = centered.mul(that.centered)) {
      return products.sumNumber().doubleValue();
    }
  }

  /** Returns the gradient of a value of CKA with another side, in the type asked for. */
  INDArray towards(GradientSide that, double value, double own, double other, DataType type) {
    INDArray x = features.values();
    try (INDArray g = that.centered.mul(1 / Math.sqrt(own * other)); INDArray mine = centered.mul(value / own)) {
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
