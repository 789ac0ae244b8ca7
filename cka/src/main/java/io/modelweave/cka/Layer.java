package io.modelweave.cka;

import java.util.ArrayList;
import java.util.List;

/** One side of a comparison, with all that does not depend on the other side computed once. */
final class Layer implements AutoCloseable {

  /** Fewer samples than this make the debiased value too noisy to read without its standard error. */
  private static final int FEW_SAMPLES = 32;

  /** A biased value is mostly chance when chance alone gives this much. */
  private static final double HIGH_FLOOR = 0.3;

  private final String label;
  private final int width;
  private final CenteredGram gram;
  private final PairSums self;
  private final double trace;
  private final double squaredDiagonal;

  private Layer(String label, int width, CenteredGram gram) {
    this.label = label;
    this.width = width;
    this.gram = gram;
    this.self = gram.with(gram);
    this.trace = PairSums.sum(gram.diagonal());
    this.squaredDiagonal = PairSums.dot(gram.diagonal(), gram.diagonal());
  }

  static Layer of(String label, int width, CenteredGram gram) {
    return new Layer(label, width, gram);
  }

  Score scoreAgainst(Layer that) {
    List<String> warnings = new ArrayList<>();
    if (trace == 0 || that.trace == 0) {
      for (Layer side : List.of(this, that)) {
        if (side.trace == 0) {
          warnings.add("%s is constant over the samples: it has no similarity to anything".formatted(side.label));
        }
      }
      return new Score(Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN, participationRatio(),
          that.participationRatio(), samples(), width, that.width, Score.Status.DEGENERATE, warnings);
    }
    PairSums cross = gram.with(that.gram);
    double floor = Math.sqrt(participationRatio() * that.participationRatio()) / (samples() - 1);
    boolean defined = true;
    for (Layer side : List.of(this, that)) {
      if (!side.resolves(side.self.hollow())) {
        defined = false;
        warnings.add("%s has no structure beyond the size of its samples (all equally far apart, or one apart from all): its debiased HSIC is 0"
            .formatted(side.label));
      }
    }
    if (samples() < FEW_SAMPLES) {
      warnings.add("only %d samples: read the value with its standard error; %d or more are better".formatted(samples(), FEW_SAMPLES));
    }
    if (floor > HIGH_FLOOR) {
      warnings.add("chance alone gives a biased value of %.3f: read the debiased one, or record more samples".formatted(floor));
    }
    double sd = permutationSd(that);
    double z = (cross.centered() - trace * that.trace / (samples() - 1)) / sd;
    return new Score(
        defined ? HsicEstimator.DEBIASED.cka(cross, self, that.self) : Double.NaN,
        HsicEstimator.BIASED.cka(cross, self, that.self),
        floor,
        sd / Math.sqrt(self.centered() * that.self.centered()),
        defined ? z : Double.NaN,
        defined ? standardError(cross, that, warnings) : Double.NaN,
        participationRatio(), that.participationRatio(), samples(), width, that.width,
        defined ? Score.Status.OK : Score.Status.DEBIASED_UNDEFINED, warnings);
  }

  @Override
  public void close() {
    gram.close();
  }

  private int samples() {
    return gram.diagonal().length;
  }

  /** Returns {@code (tr HKH)²/‖HKH‖²}: the number of directions that the samples fill, in {@code [1, n-1]}. */
  private double participationRatio() {
    return trace * trace / self.centered();
  }

  /** Returns whether a debiased sum is more than the rounding of the {@code n²} products that it is made of. */
  private boolean resolves(double hollow) {
    return hollow > 4 * samples() * Math.ulp(1.0) * self.centered();
  }

  /**
   * Returns the standard deviation of {@code ⟨HKH, HLH⟩} over all {@code n!} ways to pair the samples. Source: Kazi-Aoual et al.
   * 1995.
   */
  private double permutationSd(Layer that) {
    double n = samples();
    double spectral = 2 * spectralTerm(n) * that.spectralTerm(n) / ((n - 1) * (n - 1) * (n + 1) * (n - 2));
    double diagonal = diagonalTerm(n) * that.diagonalTerm(n) / ((n + 1) * n * (n - 1) * (n - 2) * (n - 3));
    return Math.sqrt(spectral + diagonal);
  }

  private double spectralTerm(double n) {
    return (n - 1) * self.centered() - trace * trace;
  }

  private double diagonalTerm(double n) {
    return n * (n + 1) * squaredDiagonal - (n - 1) * (trace * trace + 2 * self.centered());
  }

  /** Returns the jackknife standard error of the debiased value: {@code √((n-1)/n Σ(v_i - mean v)²)}, {@code v_i} without i. */
  private double standardError(PairSums cross, Layer that, List<String> warnings) {
    int n = samples();
    if (n <= Score.FEWEST_SAMPLES) {
      warnings.add("no standard error: leaving one of %d samples out leaves too few".formatted(n));
      return Double.NaN;
    }
    double[] without = new double[n];
    for (int i = 0; i < n; i++) {
      double xx = HsicEstimator.debiasedWithout(i, self);
      double yy = HsicEstimator.debiasedWithout(i, that.self);
      double pairs = (n - 1.0) * (n - 4.0);
      if (!resolves(xx * pairs) || !that.resolves(yy * pairs)) {
        warnings.add("no standard error: without row %d the value is undefined".formatted(i));
        return Double.NaN;
      }
      without[i] = HsicEstimator.debiasedWithout(i, cross) / Math.sqrt(xx * yy);
    }
    double mean = PairSums.sum(without) / n;
    double squares = 0;
    for (double value : without) {
      squares += (value - mean) * (value - mean);
    }
    return Math.sqrt(squares * (n - 1) / n);
  }
}
