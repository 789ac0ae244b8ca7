package io.modelweave.merge;

import io.modelweave.merge.method.Inputs;
import io.modelweave.merge.method.MergeGroup;
import io.modelweave.merge.method.MergeMethod;
import io.modelweave.merge.method.Parameter;
import io.modelweave.merge.method.TensorMerge;
import java.util.List;

/**
 * NearSwap: moves each element of the base towards the other model, the more the nearer the two are.
 *
 * <p>{@code y = w x + (1 - w) b} with {@code w = min(1, t / max(|b - x|, 1e-6))}. Parameter: {@code t}, required, at least 0: elements
 * that differ by {@code t} or less become those of the model.
 *
 * <p>Source: the method of that name in mergekit.
 */
public final class NearSwap implements MergeMethod {

  private static final double LEAST_DIFFERENCE = 1e-6;

  @Override
  public String name() {
    return "nearswap";
  }

  @Override
  public String citation() {
    return "mergekit's nearswap";
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(Parameter.number("t", Double.NaN, 0, Double.MAX_VALUE));
  }

  @Override
  public Inputs inputs() {
    return Inputs.exactly(1, Inputs.Base.REQUIRED);
  }

  @Override
  public TensorMerge begin(MergeGroup group) {
    double t = group.first().settings().number("t");
    return (chunk, out) -> {
      double[] base = chunk.base();
      double[] model = chunk.model(0);
      for (int j = 0; j < chunk.length(); j++) {
        double weight = Math.min(1, t / Math.max(Math.abs(base[j] - model[j]), LEAST_DIFFERENCE));
        out[j] = weight == 1 ? model[j] : weight == 0 ? base[j] : weight * model[j] + (1 - weight) * base[j];
      }
    };
  }
}
