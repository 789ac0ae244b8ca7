package io.modelweave.merge;

import io.modelweave.merge.method.GramMerge;
import io.modelweave.merge.method.Inputs;
import io.modelweave.merge.method.MergeGroup;
import io.modelweave.merge.method.MergeMethod;
import io.modelweave.merge.method.Parameter;
import io.modelweave.merge.method.Partition;
import io.modelweave.merge.method.TensorMerge;
import java.util.List;

/**
 * Spherical interpolation of two models: {@code y = sin((1 - t) theta) / sin(theta) x_0 + sin(t theta) / sin(theta) x_1}, where {@code
 * theta} is the angle between the two as vectors.
 *
 * <p>Parameter: {@code t} in [0, 1], required; the fluent {@code alpha} sets it. {@code t = 0} and {@code t = 1} return a model bit for
 * bit. The vectors are mixed as they are, not normalised. Where {@code |cos theta| > 0.9995} the mix is linear; opposite vectors
 * therefore cancel half-way, because no arc between them is preferred. The angle with a zero vector is taken as a right one.
 *
 * <p>Source: Shoemake, "Animating rotation with quaternion curves", SIGGRAPH 1985. Cost: one pass for the dot products.
 */
public final class Slerp implements MergeMethod {

  private static final double NEARLY_PARALLEL = 0.9995;

  @Override
  public String name() {
    return "slerp";
  }

  @Override
  public String citation() {
    return "Shoemake, Animating rotation with quaternion curves, SIGGRAPH 1985";
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(Parameter.number("t", Double.NaN, 0, 1));
  }

  @Override
  public Inputs inputs() {
    return Inputs.exactly(2, Inputs.Base.UNUSED);
  }

  @Override
  public TensorMerge begin(MergeGroup group) {
    double t = group.first().settings().number("t");
    return new GramMerge(group, Partition.WHOLE, gram -> coefficients(gram, t));
  }

  private static double[] coefficients(double[][] gram, double t) {
    if (t == 0 || t == 1) {
      return new double[] {1 - t, t};
    }
    double norms = Math.sqrt(gram[0][0]) * Math.sqrt(gram[1][1]);
    double cosine = norms == 0 ? 0 : gram[0][1] / norms;
    if (Math.abs(cosine) > NEARLY_PARALLEL) {
      return new double[] {1 - t, t};
    }
    double theta = Math.acos(cosine);
    return new double[] {Math.sin((1 - t) * theta) / Math.sin(theta), Math.sin(t * theta) / Math.sin(theta)};
  }
}
