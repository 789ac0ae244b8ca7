package io.modelweave.merge.method;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Keeps {@code floor(density N)} entries of each task vector by magnitude: the largest, or the largest but for a share of outliers.
 *
 * <p>{@code N} counts the elements of the whole group, and equal magnitudes at a cut are kept from the lowest index on. A density of 1
 * or more keeps everything.
 */
public final class MagnitudeTrim implements Sparsifier {

  private static final int SECOND_MASK = 1;

  private final int models;
  private final boolean[] all;
  private final TopSelection selection;

  /**
   * Creates a trim.
   *
   * @param gamma share of the largest entries to drop, for each model; zeros to drop none
   * @param emptyWithoutOutliers whether nothing is kept if {@code floor(gamma N)} is 0, as in mergekit
   */
  public MagnitudeTrim(MergeGroup group, double[] gamma, boolean emptyWithoutOutliers) {
    this.models = group.first().models();
    this.all = new boolean[models];
    int[] vectorOf = new int[2 * models];
    long[] counts = new long[2 * models];
    long length = group.length();
    for (int i = 0; i < models; i++) {
      long kept = kept(group, i);
      long outliers = (long) (gamma[i] * length);
      outliers = Math.min(outliers, length - Math.min(kept, length));
      boolean nothing = emptyWithoutOutliers && outliers == 0;
      all[i] = kept >= length;
      vectorOf[2 * i] = i;
      vectorOf[2 * i + 1] = i;
      counts[2 * i] = all[i] ? Long.MAX_VALUE : nothing ? 0 : kept + outliers;
      counts[2 * i + 1] = all[i] ? 0 : outliers;
    }
    this.selection = new TopSelection(group, Chunk::delta, vectorOf, counts);
  }

  /** One density for all is multiplied once, so that no sum of roundings can cost an entry. */
  private static long kept(MergeGroup group, int model) {
    double[] densities = group.tensors().stream().mapToDouble(tensor -> tensor.settings().ofModels("density")[model]).toArray();
    if (Arrays.stream(densities).distinct().count() == 1) {
      return (long) (densities[0] * group.length());
    }
    double sum = 0;
    for (int i = 0; i < densities.length; i++) {
      sum += densities[i] * group.tensors().get(i).length();
    }
    return (long) sum;
  }

  @Override
  public @Nullable Pass next() {
    return selection.next();
  }

  @Override
  public void factors(Chunk chunk, int model, double[] factors) {
    if (all[model]) {
      Arrays.fill(factors, 0, chunk.length(), 1);
      return;
    }
    double[] values = chunk.delta(model);
    selection.mask(chunk, 2 * model, values, factors);
    if (!Double.isNaN(selection.threshold(2 * model + 1))) {
      double[] outliers = chunk.scratch(SECOND_MASK);
      selection.mask(chunk, 2 * model + 1, values, outliers);
      for (int j = 0; j < chunk.length(); j++) {
        factors[j] -= outliers[j];
      }
    }
  }

  @Override
  public long least(Chunk chunk, int model) {
    return all[model] ? 0 : Double.isNaN(selection.threshold(2 * model + 1)) ? selection.least(chunk, 2 * model) : -1;
  }
}
