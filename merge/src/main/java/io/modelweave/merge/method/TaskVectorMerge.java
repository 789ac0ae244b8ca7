package io.modelweave.merge.method;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * {@code y = b + lambda M}, where {@code M} sums or averages the sparsified, weighted task vectors, all of them or those whose sign has
 * the majority.
 *
 * <p>Reads the parameters {@code weight} and {@code lambda} and, if they are declared, {@code density}, {@code normalize} and whatever
 * the sparsifier reads.
 */
public final class TaskVectorMerge implements TensorMerge {

  private static final double NO_WEIGHT = 1e-8;
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
    double[][] factors = new double[weights.length][];
    double[][] deltas = new double[weights.length][];
    for (int i = 0; i < weights.length; i++) {
      deltas[i] = chunk.delta(i);
      factors[i] = chunk.scratch(FIRST_FACTORS + i);
      if (sparsifier == null) {
        Arrays.fill(factors[i], 0, chunk.length(), 1);
      } else {
        sparsifier.factors(chunk, i, factors[i]);
      }
    }
    for (int j = 0; j < chunk.length(); j++) {
      out[j] = merged(chunk, j, deltas, factors, weights, scale, normalize);
    }
  }

  /** An entry that is kept alone and whole is returned as the model has it, because {@code b + (x - b)} may miss it by a rounding. */
  private double merged(Chunk chunk, int j, double[][] deltas, double[][] factors, double[] weights, double scale, boolean normalize) {
    double sign = consensus == Consensus.NONE ? 0 : electedSign(j, deltas, factors, weights);
    double sum = 0;
    double error = 0;
    double divisor = 0;
    int kept = 0;
    int last = 0;
    for (int i = 0; i < weights.length; i++) {
      double own = factors[i][j] * deltas[i][j];
      double weighted = weights[i] * own;
      boolean agrees = consensus == Consensus.NONE || sign * (consensus == Consensus.SUM ? own : weighted) > 0;
      if (agrees && factors[i][j] != 0) {
        double next = sum + weighted;
        double part = next - sum;
        error += (sum - (next - part)) + (weighted - part);
        sum = next;
        divisor += weights[i];
        kept++;
        last = i;
      }
    }
    if (kept == 0) {
      return chunk.base()[j];
    }
    double by = normalize && consensus != Consensus.NONE && divisor != 0 ? scale / divisor : scale;
    if (kept == 1 && by * weights[last] * factors[last][j] == 1) {
      return chunk.model(last)[j];
    }
    return chunk.base()[j] + by * (sum + error);
  }

  private double electedSign(int j, double[][] deltas, double[][] factors, double[] weights) {
    double sum = 0;
    for (int i = 0; i < weights.length; i++) {
      double own = factors[i][j] * deltas[i][j];
      sum += consensus == Consensus.SUM ? own : weights[i] * own;
    }
    return consensus == Consensus.WEIGHTED_SUM && sum == 0 ? 1 : Math.signum(sum);
  }
}
