package io.modelweave.cka;

import java.util.ArrayList;
import java.util.List;

/** Turns sums into a {@link Score}. */
final class Scoring {

  /** Fewer samples than this make the debiased value too noisy to read without its standard error. */
  private static final int FEW_SAMPLES = 32;

  /** A biased value is mostly chance when chance alone gives this much. */
  private static final double HIGH_FLOOR = 0.3;

  /** A participation ratio below this leaves at least four fifths of the spread to one direction. */
  private static final double FEW_DIRECTIONS = 1.25;

  private final Side x;
  private final Side y;
  private final PairSums cross;
  private final HsicEstimator estimator;
  private final List<String> warnings = new ArrayList<>();

  private Scoring(Side x, Side y, PairSums cross, HsicEstimator estimator) {
    this.x = x;
    this.y = y;
    this.cross = cross;
    this.estimator = estimator;
  }

  static Score of(Side x, Side y, PairSums cross, HsicEstimator estimator) {
    return new Scoring(x, y, cross, estimator).score();
  }

  private Score score() {
    if (x.constant() || y.constant()) {
      return degenerate();
    }
    int n = x.samples();
    HsicSums sums = cross.whole();
    double floor = Math.sqrt(x.participationRatio() * y.participationRatio()) / (n - 1);
    boolean debiased = defined(HsicEstimator.DEBIASED);
    for (Side side : sides()) {
      if (!side.resolves(HsicEstimator.DEBIASED, side.whole())) {
        warnings.add(("%s has no structure beyond the size of its samples (all equally far apart, or one apart from all): "
            + "its debiased HSIC is 0%s").formatted(side.label(), doubtfulBandwidth(side)));
      }
      if (side.width() > 1 && side.participationRatio() < FEW_DIRECTIONS) {
        warnings.add(("one direction holds at least %.0f %% of what %s varies by (participation ratio %.2f): CKA sees little else; "
            + "look at it without that direction, or by a measure that weighs directions alike, such as cca")
            .formatted(100 / side.participationRatio(), side.label(), side.participationRatio()));
      }
    }
    if (n < FEW_SAMPLES) {
      warnings.add("only %d samples: read the value with its standard error; %d or more are better".formatted(n, FEW_SAMPLES));
    }
    if (floor > HIGH_FLOOR) {
      warnings.add("chance alone gives a biased value of %.3f: read the debiased one, or record more samples".formatted(floor));
    }
    double sd = permutationSd();
    double z = cross.beyondChance() / sd;
    return new Score(cka(estimator, sums), cka(HsicEstimator.DEBIASED, sums), cka(HsicEstimator.BIASED, sums),
        cka(HsicEstimator.LANGE, sums), floor, HsicEstimator.ratio(sd, x.whole().centered(), y.whole().centered()),
        debiased ? z : Double.NaN,
        defined(estimator) ? standardError() : Double.NaN, x.participationRatio(), y.participationRatio(), n, x.width(), y.width(),
        estimator, x.kernel(), x.bandwidth(), y.bandwidth(),
        debiased ? Score.Status.OK : Score.Status.DEBIASED_UNDEFINED, warnings);
  }

  private static String doubtfulBandwidth(Side side) {
    return Double.isNaN(side.bandwidth()) ? ""
        : "; or all are too far apart, or too near, for the bandwidth %.3g: see what Bandwidth.median() gives".formatted(side.bandwidth());
  }

  private Score degenerate() {
    for (Side side : sides()) {
      if (side.constant()) {
        warnings.add("%s is constant over the samples: it has no similarity to anything".formatted(side.label()));
      }
    }
    double none = Double.NaN;
    return new Score(none, none, none, none, none, none, none, none, x.participationRatio(), y.participationRatio(), x.samples(),
        x.width(), y.width(), estimator, x.kernel(), x.bandwidth(), y.bandwidth(), Score.Status.DEGENERATE,
        warnings);
  }

  /** Returns the sides to warn about: one, of a layer that is compared with itself. */
  private List<Side> sides() {
    return x == y ? List.of(x) : List.of(x, y);
  }

  private boolean defined(HsicEstimator by) {
    return x.resolves(by, x.whole()) && y.resolves(by, y.whole());
  }

  private double cka(HsicEstimator by, HsicSums sums) {
    return defined(by) ? by.cka(sums, x.whole(), y.whole()) : Double.NaN;
  }

  /**
   * Returns the standard deviation of {@code ⟨HKH, HLH⟩} over all {@code n!} ways to pair the samples: the root of
   * {@code 2‖U(K)‖²‖U(L)‖²/(n(n-3)) + V W/((n-1)(n-2)²)}, where {@code V} and {@code W} are {@code n Σ (m_i - mean m)²} of the two
   * diagonals {@code m} of the centred matrices. Source: Kazi-Aoual et al. 1995, whose two terms are these sorted into squares, so that
   * neither is had by subtraction.
   */
  private double permutationSd() {
    double n = x.samples();
    double besideDiagonal = Math.sqrt(2 / (n * (n - 3))) * Math.sqrt(x.whole().unbiased()) * Math.sqrt(y.whole().unbiased());
    double ofDiagonals = Math.sqrt(x.diagonalVariance()) * Math.sqrt(y.diagonalVariance()) / (Math.sqrt(n - 1) * (n - 2));
    return Math.hypot(besideDiagonal, ofDiagonals);
  }

  /**
   * Returns the jackknife standard error of the value: {@code √((n-1)/n Σ(v_i - mean v)²)}, {@code v_i} without sample i; of some
   * samples, the same with their variance for that of all.
   */
  private double standardError() {
    int n = x.samples();
    if (n <= Score.FEWEST_SAMPLES) {
      warnings.add("no standard error: leaving one of %d samples out leaves too few".formatted(n));
      return Double.NaN;
    }
    int[] leftOut = cross.leftOut();
    if (leftOut.length == 0) {
      warnings.add("no standard error: sums over a stream do not keep its samples");
      return Double.NaN;
    }
    double[] without = new double[leftOut.length];
    for (int k = 0; k < leftOut.length; k++) {
      if (Double.isNaN(x.withoutEach()[k]) || Double.isNaN(y.withoutEach()[k])) {
        warnings.add("no standard error: without row %d the value is undefined".formatted(leftOut[k]));
        return Double.NaN;
      }
      without[k] = HsicEstimator.ratio(estimator.hsic(cross.without(k, estimator)), x.withoutEach()[k], y.withoutEach()[k]);
    }
    double mean = PairSums.sum(without) / without.length;
    double squares = 0;
    for (double value : without) {
      squares += (value - mean) * (value - mean);
    }
    return (n - 1) * Math.sqrt(squares / (without.length - 1.0) / n);
  }
}
