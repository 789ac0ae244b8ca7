package io.modelweave.merge;

import io.modelweave.merge.method.GramMerge;
import io.modelweave.merge.method.Inputs;
import io.modelweave.merge.method.MergeGroup;
import io.modelweave.merge.method.MergeMethod;
import io.modelweave.merge.method.Parameter;
import io.modelweave.merge.method.Partition;
import io.modelweave.merge.method.Settings;
import io.modelweave.merge.method.TensorMerge;
import java.util.List;

/**
 * Spherical interpolation of two models by weights, of whole tensors or of each row or column, of the models or of their task vectors.
 *
 * <p>As {@link Slerp} with {@code t = w_1 / (w_0 + w_1)}, or 0.5 if the weights sum to less than 1e-6. With a base, task vectors are
 * interpolated and the base is added. Parameters: {@code weight} of each model, required; {@code nuslerp_flatten}, on by default, takes
 * the tensor as one vector; otherwise vectors run along the last axis, or along the first if {@code nuslerp_row_wise} is on (which for an
 * {@code [out, in]} matrix means columns; the name is mergekit's). Where {@code sin theta < 1e-4} the mix is linear, which for opposite
 * vectors avoids a quotient of rounding errors.
 *
 * <p>Source: the method of that name in mergekit, after Shoemake, SIGGRAPH 1985.
 */
public final class NuSlerp implements MergeMethod {

  private static final double NO_WEIGHT = 1e-6;
  private static final double NEARLY_PARALLEL = 1e-4;

  @Override
  public String name() {
    return "nuslerp";
  }

  @Override
  public String citation() {
    return "mergekit's nuslerp, after Shoemake, Animating rotation with quaternion curves, SIGGRAPH 1985";
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(Parameter.weight(Double.NaN), Parameter.flag("nuslerp_flatten", true), Parameter.flag("nuslerp_row_wise", false));
  }

  @Override
  public Inputs inputs() {
    return Inputs.exactly(2, Inputs.Base.OPTIONAL);
  }

  @Override
  public long indivisible(List<Long> shape, Settings settings) {
    return partition(settings).indivisible(shape);
  }

  @Override
  public TensorMerge begin(MergeGroup group) {
    Settings settings = group.first().settings();
    double[] weights = settings.ofModels("weight");
    double total = weights[0] + weights[1];
    double t = Math.abs(total) < NO_WEIGHT ? 0.5 : weights[1] / total;
    return new GramMerge(group, partition(settings), gram -> coefficients(gram, t));
  }

  private static Partition partition(Settings settings) {
    return settings.flag("nuslerp_flatten") ? Partition.WHOLE : settings.flag("nuslerp_row_wise") ? Partition.COLUMNS : Partition.ROWS;
  }

  private static double[] coefficients(double[][] gram, double t) {
    double norms = Math.sqrt(gram[0][0]) * Math.sqrt(gram[1][1]);
    double theta = Math.acos(norms == 0 ? 0 : Math.max(-1, Math.min(1, gram[0][1] / norms)));
    double sine = Math.sin(theta);
    if (t == 0 || t == 1 || Math.abs(sine) < NEARLY_PARALLEL) {
      return new double[] {1 - t, t};
    }
    return new double[] {Math.sin((1 - t) * theta) / sine, Math.sin(t * theta) / sine};
  }
}
