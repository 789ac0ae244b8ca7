package io.modelweave.merge.method;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * {@code y = b + lambda M}, where {@code M} sums or averages the sparsified, weighted task vectors, all of them or those whose sign has
 * the majority.
 *
 * <p>Computed as a combination of the tensors, {@code (1 - sum_i c_i) b + sum_i c_i x_i}, so that a model that alone is kept, with a total
 * coefficient of 1, comes out bit for bit. Reads the parameters {@code weight} and {@code lambda} and, if they are declared, {@code
 * density}, {@code normalize} and whatever
 * the sparsifier reads.
 */
public final class TaskVectorMerge implements TensorMerge {

  private static final double NO_WEIGHT = 1e-8;
  private static final double LEAST_WEIGHT = 1e-30;
  private static final int KEPT = 0;
  private static final int FIRST_FACTORS = 2;

  /** Whose entries count at a position. */
  public enum Consensus {
    /** Everyone's. */
    NONE,
    /** Theirs whose sign is that of the sum over the models; no one's if the sum is 0. */
    SUM,
    /** As {@link #SUM} with each entry times its weight, and a sum of 0 counts as positive. */
    WEIGHTED_SUM
  }

  private final @Nullable Sparsifier sparsifier;
  private final Consensus consensus;

  /**
   * Creates a merge.
   *
   * @param sparsifier null to keep every entry
   */
  public TaskVectorMerge(@Nullable Sparsifier sparsifier, Consensus consensus) {
    this.sparsifier = sparsifier;
    this.consensus = consensus;
  }

  @Override
  public @Nullable Pass next() {
    return sparsifier == null ? null : sparsifier.next();
  }

  @Override
  public void merge(Chunk chunk, double[] out) {
    Settings settings = chunk.tensor().settings();
    double[] weights = settings.ofModels("weight");
    double lambda = settings.number("lambda");
    boolean normalize = settings.flag("normalize");
    double total = Arrays.stream(weights).sum();
    double scale = normalize && consensus == Consensus.NONE && Math.abs(total) >= NO_WEIGHT ? lambda / total : lambda;
    if (sparsifier == null && consensus == Consensus.NONE) {
      double[] coefficients = Arrays.stream(weights).map(weight -> scale * weight).toArray();
      LinearCombination.apply(chunk, coefficients, 1 - Arrays.stream(coefficients).sum(), 0, chunk.length(), out);
      return;
    }
    if (weights.length == 2 && consensus != Consensus.NONE && sparsifier != null && votesCount(chunk, weights)) {
      long[] least = {sparsifier.least(chunk, 0), sparsifier.least(chunk, 1)};
      if (least[0] >= 0 && least[1] >= 0) {
        new ElectedPair(least, weights, consensus == Consensus.WEIGHTED_SUM, normalize, scale).merge(chunk, out);
        return;
      }
    }
    double[] kept = chunk.scratch(KEPT);
    double[] sum = chunk.scratch(FIRST_FACTORS + weights.length);
    double[] divisor = chunk.scratch(FIRST_FACTORS + weights.length + 1);
    double[][] factors = factors(chunk, weights.length);
    double[] votes = consensus == Consensus.NONE ? divisor : votes(chunk, factors, weights);
    Arrays.fill(kept, 0, chunk.length(), 0);
    Arrays.fill(sum, 0, chunk.length(), -0.0); // to which any zero adds itself
    Arrays.fill(divisor, 0, chunk.length(), 0);
    double[] errors = weights.length > 2 ? chunk.scratch(FIRST_FACTORS + weights.length + 3) : sum;
    if (errors != sum) {
      Arrays.fill(errors, 0, chunk.length(), 0);
    }
    for (int i : byWeight(weights)) {
      double[] own = factors[i];
      if (consensus != Consensus.NONE) {
        dropMinority(own, chunk.delta(i), votes, consensus == Consensus.SUM ? 1 : weights[i], chunk.length());
      }
      count(own, weights[i], kept, divisor, chunk.length());
      if (errors == sum) {
        add(own, chunk.model(i), weights[i], sum, chunk.length());
      } else {
        addExactly(own, chunk.model(i), weights[i], sum, errors, chunk.length());
      }
    }
    for (int j = 0; errors != sum && j < chunk.length(); j++) {
      sum[j] += errors[j];
    }
    double[] base = chunk.base();
    if (!normalize || consensus == Consensus.NONE) {
      Arrays.fill(divisor, 0, chunk.length(), 1);
    }
    combine(base, kept, sum, divisor, scale, out, chunk.length());
  }

  /** Returns whether neither an entry that is not zero nor a product of two can become so. */
  private boolean votesCount(Chunk chunk, double[] weights) {
    return !chunk.tensor().precise()
        && (consensus == Consensus.SUM || Arrays.stream(weights).noneMatch(weight -> Math.abs(weight) < LEAST_WEIGHT));
  }

  private static void combine(double[] base, double[] kept, double[] sum, double[] divisor, double scale, double[] out, int length) {
    for (int j = 0; j < length; j++) {
      double by = divisor(divisor[j]);
      out[j] = combine(base[j], 1 - scale * (kept[j] / by), scale * (sum[j] / by));
    }
  }

  /** Returns what sums are divided by: the weights, or 1 where they are 0. */
  static double divisor(double weights) {
    return weights + (1 - nonZero(weights)); // in this order, which rounds nothing
  }

  /** Signed zeros survive: the base's where nothing is added, the models' where nothing of the base is left. */
  static double combine(double base, double share, double added) {
    long noShare = nonZero(share) - 1;
    double both = share * base - (0.0 - added); // as a plus would, but for zeros
    return Double.longBitsToDouble(noShare & Double.doubleToRawLongBits(added) | ~noShare & Double.doubleToRawLongBits(both));
  }

  private double[][] factors(Chunk chunk, int models) {
    double[][] factors = new double[models][];
    for (int i = 0; i < models; i++) {
      factors[i] = chunk.scratch(FIRST_FACTORS + i);
      if (sparsifier == null) {
        Arrays.fill(factors[i], 0, chunk.length(), 1);
      } else {
        sparsifier.factors(chunk, i, factors[i]);
      }
    }
    return factors;
  }

  private double[] votes(Chunk chunk, double[][] factors, double[] weights) {
    double[] votes = chunk.scratch(FIRST_FACTORS + weights.length + 2);
    Arrays.fill(votes, 0, chunk.length(), consensus == Consensus.WEIGHTED_SUM ? Double.MIN_VALUE : 0);
    for (int i = 0; i < weights.length; i++) {
      double[] delta = chunk.delta(i);
      double[] own = factors[i];
      double weight = consensus == Consensus.SUM ? 1 : weights[i];
      for (int j = 0; j < chunk.length(); j++) {
        votes[j] += weight * own[j] * delta[j];
      }
    }
    return votes;
  }

  private static void dropMinority(double[] factors, double[] delta, double[] votes, double weight, int length) {
    for (int j = 0; j < length; j++) {
      factors[j] *= agree(weight * delta[j], votes[j]);
    }
  }

  /** Returns 1 if two numbers have the same sign and neither is zero, otherwise 0. */
  static int agree(double a, double b) {
    long differ = Double.doubleToRawLongBits(a) ^ Double.doubleToRawLongBits(b);
    return (int) (~differ >>> 63 & nonZero(a) & nonZero(b));
  }

  /** Returns 1, or 0 for a zero of either sign; without a branch, because no processor can guess a random mask. */
  private static long nonZero(double value) {
    long magnitude = Double.doubleToRawLongBits(value) << 1;
    return (magnitude | -magnitude) >>> 63;
  }

  /** The sums of weights must not depend on the order of the models either. */
  private static int[] byWeight(double[] weights) {
    return IntStream.range(0, weights.length).boxed().sorted(Comparator.comparingDouble(i -> weights[i])).mapToInt(Integer::intValue)
        .toArray();
  }

  private static void count(double[] factors, double weight, double[] kept, double[] divisor, int length) {
    for (int j = 0; j < length; j++) {
      kept[j] += weight * factors[j];
      divisor[j] += weight * nonZero(factors[j]);
    }
  }

  private static void add(double[] factors, double[] model, double weight, double[] sum, int length) {
    for (int j = 0; j < length; j++) {
      sum[j] += weight * factors[j] * model[j];
    }
  }

  /** As in {@link LinearCombination}: sums of three and more carry their errors along. */
  private static void addExactly(double[] factors, double[] model, double weight, double[] sum, double[] errors, int length) {
    for (int j = 0; j < length; j++) {
      double coefficient = weight * factors[j];
      double product = coefficient * model[j];
      double next = sum[j] + product;
      double part = next - sum[j];
      errors[j] += (sum[j] - (next - part)) + (product - part) + Math.fma(coefficient, model[j], -product);
      sum[j] = next;
    }
  }
}
