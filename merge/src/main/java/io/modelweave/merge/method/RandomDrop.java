package io.modelweave.merge.method;

import java.util.Arrays;

/**
 * Keeps each entry of a task vector with probability {@code density}, independently of all others.
 *
 * <p>Whether an entry stays depends on seed, tensor name, model number and index alone.
 */
public final class RandomDrop implements Sparsifier {

  private final boolean rescale;

  /**
   * Creates a drop.
   *
   * @param rescale whether entries that stay are divided by the probability, which leaves the expectation as it was
   */
  public RandomDrop(boolean rescale) {
    this.rescale = rescale;
  }

  @Override
  public void factors(Chunk chunk, int model, double[] factors) {
    double density = chunk.tensor().settings().ofModels("density")[model];
    if (density >= 1) {
      Arrays.fill(factors, 0, chunk.length(), 1);
      return;
    }
    CounterRandom random = new CounterRandom(chunk.tensor().seed(), model);
    double kept = rescale && density > 0 ? 1 / density : 1;
    for (int j = 0; j < chunk.length(); j++) {
      factors[j] = random.uniform(chunk.start() + j) < density ? kept : 0;
    }
  }
}
