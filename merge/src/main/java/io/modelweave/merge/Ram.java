package io.modelweave.merge;

import io.modelweave.merge.method.Chunk;
import io.modelweave.merge.method.Inputs;
import io.modelweave.merge.method.MergeGroup;
import io.modelweave.merge.method.MergeMethod;
import io.modelweave.merge.method.Parameter;
import io.modelweave.merge.method.Pass;
import io.modelweave.merge.method.Settings;
import io.modelweave.merge.method.TensorContext;
import io.modelweave.merge.method.TensorMerge;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * RAM: adds what only one model has changed, and averages what several have.
 *
 * <p>A model is active where its task vector exceeds {@code epsilon} in magnitude. With {@code c} active models at a position, {@code y = b
 * + sum d_i / c} over them. {@link #plus} multiplies the entries that only model {@code i} changed by {@code 1 + r min(rho_i, alpha)},
 * where {@code rho_i} is the number of its shared entries in the tensor divided by that of its unique ones. Parameters: {@code epsilon},
 * 1e-5 by default; with plus, {@code r}, 0.1, and {@code alpha}, 0.2. Cost: one pass with plus, none without.
 *
 * <p>Source: Yuan et al., "Behavior knowledge merge in reinforced agentic models", 2026, as in mergekit's ram and ramplus_tl, where the
 * ratio is taken tensor by tensor.
 */
public final class Ram implements MergeMethod {

  private final boolean rescaled;

  /** Creates the method without rescaling. */
  public Ram() {
    this(false);
  }

  private Ram(boolean rescaled) {
    this.rescaled = rescaled;
  }

  /** Returns the method that scales up what a model alone has changed. */
  public Ram plus() {
    return new Ram(true);
  }

  @Override
  public String name() {
    return rescaled ? "ramplus_tl" : "ram";
  }

  @Override
  public String citation() {
    return "mergekit's %s".formatted(name());
  }

  @Override
  public List<Parameter> parameters() {
    List<Parameter> parameters = new ArrayList<>(List.of(Parameter.number("epsilon", 1e-5, 0, Double.MAX_VALUE)));
    if (rescaled) {
      parameters.add(Parameter.number("r", 0.1, 0, Double.MAX_VALUE));
      parameters.add(Parameter.number("alpha", 0.2, 0, Double.MAX_VALUE));
    }
    return parameters;
  }

  @Override
  public Inputs inputs() {
    return Inputs.atLeast(1, Inputs.Base.REQUIRED);
  }

  @Override
  public TensorMerge begin(MergeGroup group) {
    return new RamMerge(group.first());
  }

  private final class RamMerge implements TensorMerge {

    private final Settings settings;
    private final int models;
    private final double epsilon;
    private double @Nullable [] factors;

    RamMerge(TensorContext tensor) {
      this.settings = tensor.settings();
      this.models = tensor.models();
      this.epsilon = settings.number("epsilon");
    }

    @Override
    public @Nullable Pass next() {
      return rescaled && factors == null ? new Overlap() : null;
    }

    @Override
    public void merge(Chunk chunk, double[] out) {
      double[] base = chunk.base();
      double[][] deltas = chunk.deltas();
      for (int j = 0; j < chunk.length(); j++) {
        double sum = 0;
        int active = 0;
        int last = 0;
        for (int i = 0; i < models; i++) {
          double delta = deltas[i][j];
          if (Math.abs(delta) > epsilon) {
            sum += delta;
            active++;
            last = i;
          }
        }
        double scale = active == 1 && factors != null ? factors[last] : 1.0 / Math.max(1, active);
        out[j] = active == 0 ? base[j] : active == 1 && scale == 1 ? chunk.model(last)[j] : base[j] + sum * scale;
      }
    }

    /** Counts, for each model, the entries that it alone has changed and those that it shares. */
    private final class Overlap implements Pass {

      @Override
      public int sums() {
        return 0;
      }

      @Override
      public int counts() {
        return 2 * models;
      }

      @Override
      public void accumulate(Chunk chunk, double[] sums, long[] counts) {
        double[][] deltas = chunk.deltas();
        for (int j = 0; j < chunk.length(); j++) {
          int active = 0;
          for (int i = 0; i < models; i++) {
            active += Math.abs(deltas[i][j]) > epsilon ? 1 : 0;
          }
          for (int i = 0; i < models; i++) {
            if (Math.abs(deltas[i][j]) > epsilon) {
              counts[2 * i + (active > 1 ? 1 : 0)]++;
            }
          }
        }
      }

      @Override
      public void complete(double[] sums, long[] counts) {
        double[] found = new double[models];
        for (int i = 0; i < models; i++) {
          double overlap = counts[2 * i + 1] / Math.max((double) counts[2 * i], epsilon);
          found[i] = 1 + settings.number("r") * Math.min(overlap, settings.number("alpha"));
        }
        factors = found;
      }
    }
  }
}
