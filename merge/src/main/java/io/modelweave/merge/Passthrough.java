package io.modelweave.merge;

import io.modelweave.merge.method.Inputs;
import io.modelweave.merge.method.LinearCombination;
import io.modelweave.merge.method.MergeGroup;
import io.modelweave.merge.method.MergeMethod;
import io.modelweave.merge.method.Parameter;
import io.modelweave.merge.method.TensorMerge;
import java.util.List;

/**
 * One model as it is, or times a number: {@code y = scale x}. With a layer mapping this stacks layers of one or several models.
 *
 * <p>Parameter: {@code scale}, 1 by default, which returns the model bit for bit; 0 is allowed.
 *
 * <p>Source: the method of that name in mergekit.
 */
public final class Passthrough implements MergeMethod {

  @Override
  public String name() {
    return "passthrough";
  }

  @Override
  public String citation() {
    return "mergekit's passthrough";
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(Parameter.number("scale", 1, -Double.MAX_VALUE, Double.MAX_VALUE));
  }

  @Override
  public Inputs inputs() {
    return Inputs.exactly(1, Inputs.Base.UNUSED);
  }

  @Override
  public TensorMerge begin(MergeGroup group) {
    double[] scale = {group.first().settings().number("scale")};
    return (chunk, out) -> LinearCombination.apply(chunk, scale, 0, 0, chunk.length(), out);
  }
}
