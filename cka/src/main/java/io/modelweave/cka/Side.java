package io.modelweave.cka;

/**
 * One side of a comparison: what does not depend on the other.
 *
 * @param label what messages call the layer
 * @param width of its features
 * @param kernel its name
 * @param bandwidth in units of the features, or NaN
 * @param own the sums of the layer with itself
 * @param diagonalVariance their {@link PairSums#diagonalCovariance()}
 * @param constant whether the layer says nothing of the samples
 * @param rounding what the unbiased sum of a layer without structure may be instead of 0
 * @param withoutEach HSIC of the layer with itself without each sample that is left out, NaN where it is undefined
 */
record Side(String label, int width, String kernel, double bandwidth, PairSums own, double diagonalVariance, boolean constant,
    double rounding, double[] withoutEach) {

  /** Unbiased sums below this are of squares that DOUBLE does not hold with all digits. */
  private static final double SMALLEST = 0x1p-900;

  /** Makes the side of sums in Gram space, which are of U-centred elements. */
  static Side inGramSpace(LayerGram layer, PairSums own, HsicEstimator estimator) {
    double ofAll = 8 * layer.rounding() * layer.samples();
    return of(layer, own, ofAll * ofAll, estimator);
  }

  /** Makes the side of sums in feature space, where what is U-centred is had by subtraction. */
  static Side inFeatureSpace(LayerGram layer, PairSums own, HsicEstimator estimator) {
    return of(layer, own, 4 * layer.samples() * LayerGram.precision(layer.type()) * own.whole().centered(), estimator);
  }

  private static Side of(LayerGram layer, PairSums own, double rounding, HsicEstimator estimator) {
    Side whole = new Side(layer.label(), layer.width(), layer.kernel().name(), layer.bandwidth(), own, own.diagonalCovariance(),
        layer.constant(), rounding, new double[own.leftOut().length]);
    // What is left without a sample is had by subtraction: nothing but rounding, if the sample is all that there is.
    double left = 16 * LayerGram.precision(layer.type()) * estimator.hsic(own.whole());
    for (int k = 0; layer.samples() > Score.FEWEST_SAMPLES && k < whole.withoutEach.length; k++) {
      HsicSums without = own.without(k, estimator);
      double hsic = estimator.hsic(without);
      whole.withoutEach[k] = whole.resolves(estimator, without) && hsic > left ? hsic : Double.NaN;
    }
    return whole;
  }

  int samples() {
    return (int) own.whole().n();
  }

  HsicSums whole() {
    return own.whole();
  }

  double trace() {
    return whole().traceX();
  }

  /** Returns {@code (tr HKH)²/‖HKH‖²}, or NaN if the layer is constant. */
  double participationRatio() {
    return constant ? Double.NaN : trace() * trace() / whole().centered();
  }

  /** Returns whether what the estimator makes of the layer is more than rounding. */
  boolean resolves(HsicEstimator estimator, HsicSums sums) {
    return switch (estimator) {
      case BIASED -> true;
      case DEBIASED -> sums.unbiased() > Math.max(rounding, SMALLEST);
      case LANGE -> sums.hollow() > rounding + 4 * samples() * Math.ulp(1.0) * whole().centered();
    };
  }
}
