package io.modelweave.merge;

import io.modelweave.merge.method.GramMerge;
import io.modelweave.merge.method.Inputs;
import io.modelweave.merge.method.MergeGroup;
import io.modelweave.merge.method.MergeMethod;
import io.modelweave.merge.method.Parameter;
import io.modelweave.merge.method.Partition;
import io.modelweave.merge.method.Settings;
import io.modelweave.merge.method.TensorMerge;
import java.util.Arrays;
import java.util.List;

/**
 * Barycentric interpolation on a sphere: {@code y = (sum_i w_i r_i) m / |m|} with {@code m = sum_i w_i x_i / r_i} and {@code r_i = |x_i|}.
 *
 * <p>That is the direction of the weighted mean of the directions, with the weighted mean of the norms. The projection to the tangent
 * space at {@code m} and back, by which the method is usually described, changes nothing: the mean tangent vector is zero there. With a
 * base, task vectors are interpolated and the base is added. Parameters: {@code weight} of each model, required; {@code
 * normalize_weights}, on by default. Where the directions cancel ({@code |m| < 1e-8}) the mix is linear. Zero vectors have no direction
 * and are left out of {@code m}.
 *
 * <p>Source: the method of that name in mergekit.
 */
public final class MultiSlerp implements MergeMethod {

  private static final double CANCELLED = 1e-8;

  @Override
  public String name() {
    return "multislerp";
  }

  @Override
  public String citation() {
    return "mergekit's multislerp";
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(Parameter.weight(Double.NaN), Parameter.flag("normalize_weights", true));
  }

  @Override
  public Inputs inputs() {
    return Inputs.atLeast(2, Inputs.Base.OPTIONAL);
  }

  @Override
  public TensorMerge begin(MergeGroup group) {
    Settings settings = group.first().settings();
    double[] weights = settings.ofModels("weight");
    double total = settings.flag("normalize_weights") ? Arrays.stream(weights).sum() : 1;
    double[] normalized = Arrays.stream(weights).map(weight -> weight / total).toArray();
    return new GramMerge(group, Partition.WHOLE, gram -> coefficients(gram, normalized));
  }

  private static double[] coefficients(double[][] gram, double[] weights) {
    int n = weights.length;
    double[] ofDirections = new double[n];
    double norm = 0;
    for (int i = 0; i < n; i++) {
      double own = Math.sqrt(gram[i][i]);
      ofDirections[i] = own == 0 ? 0 : weights[i] / own;
      norm += weights[i] * own;
    }
    double square = 0;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        square += ofDirections[i] * ofDirections[j] * gram[i][j];
      }
    }
    double length = Math.sqrt(Math.max(0, square));
    if (length < CANCELLED) {
      return weights;
    }
    double scale = norm / length;
    return Arrays.stream(ofDirections).map(direction -> direction * scale).toArray();
  }
}
