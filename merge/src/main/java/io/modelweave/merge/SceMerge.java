package io.modelweave.merge;

import io.modelweave.merge.method.Chunk;
import io.modelweave.merge.method.MergeGroup;
import io.modelweave.merge.method.Pass;
import io.modelweave.merge.method.TensorMerge;
import io.modelweave.merge.method.TopSelection;
import io.modelweave.merge.method.Variant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The passes of {@link Sce}: count positions with variance, find the largest variances, sum the energies. */
final class SceMerge implements TensorMerge {

  private static final double LEAST = 1e-6;
  private static final int VARIANCES = 0;
  private static final int MASK = 1;

  private final MergeGroup group;
  private final Variant variant;
  private final int models;
  private final double share;
  private @Nullable TopSelection selection;
  private double @Nullable [] weights;

  SceMerge(MergeGroup group, Variant variant) {
    this.group = group;
    this.variant = variant;
    this.models = group.first().models();
    this.share = group.first().settings().number("select_topk");
  }

  @Override
  public @Nullable Pass next() {
    if (share < 1 && selection == null) {
      return new PositionsWithVariance();
    }
    Pass pass = selection == null ? null : selection.next();
    return pass != null || weights != null ? pass : new Energies();
  }

  @Override
  public void merge(Chunk chunk, double[] out) {
    double[] mask = mask(chunk);
    double[] base = chunk.base();
    double[][] deltas = chunk.deltas();
    double[] q = weights == null ? new double[models] : weights;
    for (int j = 0; j < chunk.length(); j++) {
      double total = 0;
      for (int i = 0; i < models; i++) {
        total += deltas[i][j];
      }
      double sign = variant == Variant.MERGEKIT && total == 0 ? 1 : Math.signum(total);
      double sum = 0;
      double divisor = 0;
      for (int i = 0; i < models; i++) {
        double delta = deltas[i][j];
        if (mask[j] != 0 && sign * delta > 0) {
          sum += q[i] * delta;
          divisor += q[i];
        }
      }
      double by = variant == Variant.MERGEKIT ? Math.max(divisor, LEAST) : divisor;
      out[j] = divisor == 0 ? base[j] : base[j] + sum / by;
    }
  }

  private double[] mask(Chunk chunk) {
    double[] mask = chunk.scratch(MASK);
    if (selection == null) {
      Arrays.fill(mask, 0, chunk.length(), 1);
    } else {
      selection.mask(chunk, 0, variances(chunk), mask);
    }
    return mask;
  }

  private double[] variances(Chunk chunk) {
    double[] variances = chunk.scratch(VARIANCES);
    double[][] deltas = chunk.deltas();
    for (int j = 0; j < chunk.length(); j++) {
      double mean = 0;
      for (int i = 0; i < models; i++) {
        mean += deltas[i][j] / models;
      }
      double square = 0;
      for (int i = 0; i < models; i++) {
        double deviation = deltas[i][j] - mean;
        square += deviation * deviation;
      }
      variances[j] = square / models;
    }
    return variances;
  }

  private final class PositionsWithVariance implements Pass {

    @Override
    public int sums() {
      return 0;
    }

    @Override
    public int counts() {
      return 1;
    }

    @Override
    public void accumulate(Chunk chunk, double[] sums, long[] counts) {
      double[] variances = variances(chunk);
      for (int j = 0; j < chunk.length(); j++) {
        counts[0] += variances[j] == 0 ? 0 : 1;
      }
    }

    @Override
    public void complete(double[] sums, long[] counts) {
      selection = new TopSelection(group, (chunk, vector) -> variances(chunk), new int[] {0}, new long[] {(long) (counts[0] * share)});
    }
  }

  private final class Energies implements Pass {

    @Override
    public int sums() {
      return models;
    }

    @Override
    public int counts() {
      return 0;
    }

    @Override
    public void accumulate(Chunk chunk, double[] sums, long[] counts) {
      double[] mask = mask(chunk);
      for (int i = 0; i < models; i++) {
        double[] delta = chunk.delta(i);
        double energy = 0;
        for (int j = 0; j < chunk.length(); j++) {
          energy += mask[j] * delta[j] * delta[j];
        }
        sums[i] = energy;
      }
    }

    @Override
    public void complete(double[] sums, long[] counts) {
      double[] means = Arrays.stream(sums).map(sum -> sum / Math.max(1, group.length())).toArray();
      double total = Arrays.stream(means).sum();
      boolean equal = variant == Variant.MERGEKIT ? total < LEAST : total == 0;
      weights = Arrays.stream(means).map(mean -> equal ? 1.0 / models : mean / total).toArray();
    }
  }
}
