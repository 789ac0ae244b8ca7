package io.modelweave.merge.method;

import org.jspecify.annotations.Nullable;

/**
 * Scales what another sparsifier keeps of a task vector so that its sum of magnitudes is what it was before, as mergekit does.
 *
 * <p>A sum below 1e-7 leaves the scale as it is.
 */
public final class EqualMass implements Sparsifier {

  private static final double NEGLIGIBLE = 1e-7;

  private final Sparsifier inner;
  private final int models;
  private double @Nullable [] scales;

  /** Creates a rescaling of what {@code inner} keeps. */
  public EqualMass(MergeGroup group, Sparsifier inner) {
    this.inner = inner;
    this.models = group.first().models();
  }

  @Override
  public @Nullable Pass next() {
    Pass pass = inner.next();
    return pass != null || scales != null ? pass : new Masses();
  }

  @Override
  public void factors(Chunk chunk, int model, double[] factors) {
    inner.factors(chunk, model, factors);
    double scale = scales == null ? 1 : scales[model];
    for (int j = 0; j < chunk.length(); j++) {
      factors[j] *= scale;
    }
  }

  private final class Masses implements Pass {

    @Override
    public int sums() {
      return 2 * models;
    }

    @Override
    public int counts() {
      return 0;
    }

    @Override
    public void accumulate(Chunk chunk, double[] sums, long[] counts) {
      double[] factors = chunk.scratch(0);
      for (int i = 0; i < models; i++) {
        inner.factors(chunk, i, factors);
        double[] delta = chunk.delta(i);
        double before = 0;
        double after = 0;
        for (int j = 0; j < chunk.length(); j++) {
          before += Math.abs(delta[j]);
          after += Math.abs(factors[j] * delta[j]);
        }
        sums[2 * i] = before;
        sums[2 * i + 1] = after;
      }
    }

    @Override
    public void complete(double[] sums, long[] counts) {
      double[] found = new double[models];
      for (int i = 0; i < models; i++) {
        boolean negligible = sums[2 * i] < NEGLIGIBLE || sums[2 * i + 1] < NEGLIGIBLE;
        found[i] = negligible ? 1 : sums[2 * i] / sums[2 * i + 1];
      }
      scales = found;
    }
  }
}
