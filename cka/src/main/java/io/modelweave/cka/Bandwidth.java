package io.modelweave.cka;

import com.google.common.math.Quantiles;
import io.modelweave.cka.measure.FeatureMatrix;
import java.util.Arrays;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A named rule for the bandwidth {@code σ} of an RBF kernel {@code exp(-d²/(2σ²))} or a Laplacian kernel {@code exp(-d/σ)}.
 *
 * <p>Tools that all say "median" mean different things, and CKA differs with them; each convention has a name here, and a
 * {@link Score} records the rule and the {@code σ} that it gave. {@code d} are the Euclidean distances of the samples of one layer,
 * {@code i < j} unless said otherwise. The rule is applied to each layer by itself.
 *
 * <p>Rules on distances look at all pairs of up to {@value #MOST_SAMPLES} samples, and at those of so many samples drawn with a fixed
 * seed if there are more: the median is then within some 0.1 % of that of all.
 */
public final class Bandwidth {

  /** Samples whose distances are all looked at. */
  static final int MOST_SAMPLES = 4096;

  private static final long SEED = 7;

  private enum Rule {
    FIXED("%s"),
    MEDIAN("%s median d"),
    MEDIAN_OF_SQUARES("%s sqrt(median d²)"),
    LOWER_MEDIAN_OF_SQUARES("%s sqrt(lower median d²)"),
    MEAN_OF_SQUARES("%s sqrt(mean d²)"),
    KORNBLITH("%s sqrt(median d² of all n² pairs)"),
    LOWER_KORNBLITH("%s sqrt(lower median d² of all n² pairs)"),
    WIDTH("%s sqrt(width)"),
    DUAL_MEDIAN("sqrt(m_i m_j), m_i the median distance of sample i");

    private final String format;

    Rule(String format) {
      this.format = format;
    }
  }

  private final Rule rule;
  private final double factor;

  private Bandwidth(Rule rule, double factor) {
    if (!(factor > 0) || Double.isInfinite(factor)) {
      throw new IllegalArgumentException("a bandwidth must be a finite number above 0, but is %s".formatted(factor));
    }
    this.rule = rule;
    this.factor = factor;
  }

  /** Returns {@code σ} itself, in units of the features. */
  public static Bandwidth fixed(double sigma) {
    return new Bandwidth(Rule.FIXED, sigma);
  }

  /** Returns {@code σ = median d}. Convention of Gretton et al. 2005 and of Rdimtools. */
  public static Bandwidth median() {
    return median(1);
  }

  /** Returns {@code σ = factor · median d}. */
  public static Bandwidth median(double factor) {
    return new Bandwidth(Rule.MEDIAN, factor);
  }

  /** Returns {@code σ² = factor² · median d²} over {@code d > 0}, the mean of the middle two if they are even in number: NumPy's. */
  public static Bandwidth medianOfSquares(double factor) {
    return new Bandwidth(Rule.MEDIAN_OF_SQUARES, factor);
  }

  /** Returns {@code σ² = factor² · median d²} over {@code d > 0}, the lower of the middle two: PyTorch's. */
  public static Bandwidth lowerMedianOfSquares(double factor) {
    return new Bandwidth(Rule.LOWER_MEDIAN_OF_SQUARES, factor);
  }

  /** Returns {@code σ² = median d²/2}, the lower of the middle two, as of kernels written {@code exp(-d²/ℓ²)}. */
  public static Bandwidth halfLowerMedianOfSquares() {
    return lowerMedianOfSquares(Math.sqrt(0.5));
  }

  /** Returns {@code σ² = mean d²/2}, as of kernels written {@code exp(-d²/mean d²)}. */
  public static Bandwidth halfMeanOfSquares() {
    return new Bandwidth(Rule.MEAN_OF_SQUARES, Math.sqrt(0.5));
  }

  /**
   * Returns {@code σ² = t² · median d²} over all {@code n²} ordered pairs, the {@code n} zeros of samples with themselves among them.
   *
   * <p>Source: the notebook of Kornblith et al. 2019; {@code t} of 0.4 and 0.8 are the paper's.
   */
  public static Bandwidth kornblith(double t) {
    return new Bandwidth(Rule.KORNBLITH, t);
  }

  /** Returns {@link #kornblith} with the lower of the middle two: what ports of it to PyTorch compute. */
  public static Bandwidth lowerKornblith(double t) {
    return new Bandwidth(Rule.LOWER_KORNBLITH, t);
  }

  /** Returns {@code σ² = width/2}, which is {@code γ = 1/width}: scikit-learn's default. */
  public static Bandwidth halfWidth() {
    return new Bandwidth(Rule.WIDTH, Math.sqrt(0.5));
  }

  /** Returns {@code exp(-d²/(2 m_i m_j))} with {@code m_i} the median distance of sample {@code i}: a bandwidth for each pair. */
  public static Bandwidth dualMedian() {
    return new Bandwidth(Rule.DUAL_MEDIAN, 1);
  }

  /** Returns what leaves CKA as it was with a kernel of distances in units of this bandwidth. */
  public Set<Invariance> invariances() {
    return rule == Rule.FIXED || rule == Rule.WIDTH
        ? Set.of(Invariance.ORTHOGONAL, Invariance.TRANSLATION)
        : Set.of(Invariance.ORTHOGONAL, Invariance.TRANSLATION, Invariance.ISOTROPIC_SCALING);
  }

  /** Returns whether there is a bandwidth for each pair of samples rather than one for a layer. */
  boolean perSample() {
    return rule == Rule.DUAL_MEDIAN;
  }

  /**
   * Returns {@code σ} for features {@code [n, d]}: 0 if the distances that the rule looks at are, and NaN if it has none for a layer.
   *
   * @throws IllegalArgumentException if the array is not of rank 2, is empty, or is of one sample, which has no distance to another
   */
  public double of(INDArray x) {
    if (FeatureMatrix.requireRows(x, "x") < 2 && rule != Rule.FIXED && rule != Rule.WIDTH) {
      throw new IllegalArgumentException("the bandwidth %s needs at least 2 samples, but there is 1".formatted(this));
    }
    return switch (rule) {
      case FIXED -> factor;
      case WIDTH -> factor * Math.sqrt(x.size(1));
      case DUAL_MEDIAN -> Double.NaN;
      default -> ofDistances(x);
    };
  }

  /** Returns which of n samples the rule looks at: {@link #of} these alone is the same. */
  int[] samples(int n) {
    return Sampling.distinct(n, rule == Rule.FIXED || rule == Rule.WIDTH ? 1 : MOST_SAMPLES, SEED);
  }

  private double ofDistances(INDArray x) {
    int n = (int) x.size(0);
    double[] squares;
    if (n <= MOST_SAMPLES) {
      squares = PairDistances.squared(x);
    } else {
      try (INDArray some = Nd4j.pullRows(x, 1, samples(n))) {
        squares = PairDistances.squared(some);
      }
      n = MOST_SAMPLES;
    }
    int all = squares.length;
    return factor * switch (rule) {
      case MEDIAN -> (Math.sqrt(ordered(squares, (all - 1) / 2)) + Math.sqrt(ordered(squares, all / 2))) / 2;
      case MEDIAN_OF_SQUARES, LOWER_MEDIAN_OF_SQUARES -> {
        double[] positive = Arrays.stream(squares).filter(d -> d > 0).toArray();
        yield positive.length == 0 ? 0 : Math.sqrt(middle(positive, 0, rule == Rule.LOWER_MEDIAN_OF_SQUARES));
      }
      case MEAN_OF_SQUARES -> Math.sqrt(PairSums.sum(squares) / all);
      default -> Math.sqrt(middle(squares, n, rule == Rule.LOWER_KORNBLITH));
    };
  }

  /** Returns the median of {@code zeros} zeros and every value twice: {@code d_ij} and {@code d_ji}. */
  private static double middle(double[] values, int zeros, boolean lower) {
    long count = zeros + 2L * values.length;
    double low = orderedTwice(values, (count - 1) / 2 - zeros);
    return lower || count % 2 == 1 ? low : (low + orderedTwice(values, count / 2 - zeros)) / 2;
  }

  private static double orderedTwice(double[] values, long rank) {
    return rank < 0 ? 0 : ordered(values, (int) (rank / 2));
  }

  /** Returns the value that is in that place when they are in ascending order; puts them in another order. */
  private static double ordered(double[] values, int rank) {
    return values.length == 1 ? values[0] : Quantiles.scale(values.length - 1).index(rank).computeInPlace(values);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Bandwidth that && rule == that.rule && factor == that.factor;
  }

  @Override
  public int hashCode() {
    return 31 * rule.hashCode() + Double.hashCode(factor);
  }

  /** Returns the rule as a formula, for instance {@code "0.4 sqrt(median d² of all n² pairs)"}. */
  @Override
  public String toString() {
    String text = rule.format.formatted(factor);
    return factor == 1 && rule != Rule.FIXED ? text.replaceFirst("^1\\.0 ", "") : text;
  }
}
