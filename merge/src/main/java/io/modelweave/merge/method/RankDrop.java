package io.modelweave.merge.method;

import java.util.Arrays;
import java.util.List;

/**
 * Keeps each entry of a task vector with a probability that grows with the rank of its magnitude among those along the second axis:
 * from {@code density - epsilon} for the smallest to {@code density + epsilon} for the largest. A tensor with one axis is one row.
 *
 * <p>Equal magnitudes are ranked in the order of their index. A row of one entry keeps it with probability {@code density}.
 */
public final class RankDrop implements Sparsifier {

  private final boolean rescale;

  /**
   * Creates a drop.
   *
   * @param rescale whether an entry that stays is divided by its own probability
   */
  public RankDrop(boolean rescale) {
    this.rescale = rescale;
  }

  /** Returns how many consecutive elements hold all that are ranked together. */
  public static long indivisible(List<Long> shape) {
    long all = shape.stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
    return Math.max(1, shape.size() < 2 || shape.get(0) == 0 ? all : all / shape.get(0));
  }

  @Override
  public void factors(Chunk chunk, int model, double[] factors) {
    TensorContext tensor = chunk.tensor();
    double density = tensor.settings().ofModels("density")[model];
    if (density >= 1 || density <= 0) {
      Arrays.fill(factors, 0, chunk.length(), density >= 1 ? 1 : 0);
      return;
    }
    double epsilon = tensor.settings().ofModels("epsilon")[model];
    CounterRandom random = new CounterRandom(tensor.seed(), model);
    List<Long> shape = tensor.shape();
    int block = Math.toIntExact(indivisible(shape));
    int count = shape.size() < 2 ? block : Math.toIntExact(shape.get(1));
    int stride = block / Math.max(1, count);
    double[] values = chunk.delta(model);
    long[] order = new long[count];
    for (int from = 0; from < chunk.length(); from += block) {
      for (int inner = from; inner < from + stride; inner++) {
        rank(values, inner, stride, order);
        for (int rank = 0; rank < count; rank++) {
          int at = inner + (int) (order[rank] & Integer.MAX_VALUE) * stride;
          double share = count == 1 ? 0.5 : rank / (count - 1.0);
          double probability = density - epsilon + 2 * epsilon * share;
          boolean kept = random.uniform(chunk.start() + at) < probability;
          factors[at] = !kept ? 0 : rescale ? 1 / probability : 1;
        }
      }
    }
  }

  /** Sorts by magnitude as a float, then by index: one long holds both. */
  private static void rank(double[] values, int from, int stride, long[] order) {
    for (int i = 0; i < order.length; i++) {
      long magnitude = Float.floatToRawIntBits((float) values[from + i * stride]) & Integer.MAX_VALUE;
      order[i] = magnitude << Integer.SIZE | i;
    }
    Arrays.sort(order);
  }
}
