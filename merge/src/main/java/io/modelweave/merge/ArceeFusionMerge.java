package io.modelweave.merge;

import io.modelweave.merge.method.Chunk;
import io.modelweave.merge.method.MergeGroup;
import io.modelweave.merge.method.Pass;
import io.modelweave.merge.method.TensorMerge;
import io.modelweave.merge.method.TopSelection;
import org.jspecify.annotations.Nullable;

/** The passes of {@link ArceeFusion}: three quantiles of the importances at once. */
final class ArceeFusionMerge implements TensorMerge {

  private static final double FLOOR = 1e-8;
  private static final double SPREAD = 1.5;
  private static final int IMPORTANCES = 0;
  private static final double[] QUARTILES = {0.25, 0.5, 0.75};

  private final TopSelection selection;

  ArceeFusionMerge(MergeGroup group) {
    long length = group.length();
    long[] counts = new long[QUARTILES.length];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = length - (long) (QUARTILES[i] * (length - 1));
    }
    this.selection = new TopSelection(group, (chunk, vector) -> importances(chunk), new int[QUARTILES.length], counts);
  }

  @Override
  public @Nullable Pass next() {
    return selection.next();
  }

  @Override
  public void merge(Chunk chunk, double[] out) {
    double threshold = selection.threshold(1) + SPREAD * (selection.threshold(2) - selection.threshold(0));
    double[] importances = importances(chunk);
    double[] model = chunk.model(0);
    double[] base = chunk.base();
    for (int j = 0; j < chunk.length(); j++) {
      out[j] = importances[j] >= threshold ? model[j] : base[j];
    }
  }

  private static double[] importances(Chunk chunk) {
    double[] importances = chunk.scratch(IMPORTANCES);
    double[] model = chunk.model(0);
    double[] base = chunk.base();
    double[] delta = chunk.delta(0);
    int row = Math.toIntExact(Math.max(1, chunk.tensor().rowLength()));
    boolean precise = chunk.tensor().precise();
    for (int from = 0; from < chunk.length(); from += row) {
      double divergence = divergence(model, base, from, from + row);
      for (int j = from; j < from + row; j++) {
        double importance = Math.abs(delta[j]) * divergence;
        importances[j] = precise ? importance : (float) importance; // as the selection sees it: equals must stay equal
      }
    }
    return importances;
  }

  private static double divergence(double[] model, double[] base, int from, int to) {
    double shiftOfModel = largest(model, from, to);
    double shiftOfBase = largest(base, from, to);
    double ofModel = 0;
    double ofBase = 0;
    for (int j = from; j < to; j++) {
      ofModel += Math.exp(model[j] - shiftOfModel);
      ofBase += Math.exp(base[j] - shiftOfBase);
    }
    double sum = 0;
    for (int j = from; j < to; j++) {
      double p = Math.exp(model[j] - shiftOfModel) / ofModel + FLOOR;
      double q = Math.exp(base[j] - shiftOfBase) / ofBase + FLOOR;
      sum += p * Math.log(p / q);
    }
    return sum;
  }

  private static double largest(double[] values, int from, int to) {
    double largest = values[from];
    for (int j = from + 1; j < to; j++) {
      largest = Math.max(largest, values[j]);
    }
    return largest;
  }
}
