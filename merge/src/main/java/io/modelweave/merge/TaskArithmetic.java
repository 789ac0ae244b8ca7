package io.modelweave.merge;

import io.modelweave.merge.method.Inputs;
import io.modelweave.merge.method.MergeGroup;
import io.modelweave.merge.method.MergeMethod;
import io.modelweave.merge.method.Parameter;
import io.modelweave.merge.method.TaskVectorMerge;
import io.modelweave.merge.method.TensorMerge;
import java.util.List;

/**
 * Task arithmetic: {@code y = b + lambda sum_i w_i (x_i - b)}.
 *
 * <p>Parameters: {@code weight} of each model, 1 by default; {@code lambda}, 1 by default; {@code normalize}, off by default, divides by
 * the sum of the weights, unless it is below 1e-8. Computed as a combination of the tensors themselves, so that a total weight of 1 on
 * one model returns it bit for bit.
 *
 * <p>Source: Ilharco et al., "Editing models with task arithmetic", ICLR 2023, arXiv:2212.04089.
 */
public final class TaskArithmetic implements MergeMethod {

  @Override
  public String name() {
    return "task_arithmetic";
  }

  @Override
  public String citation() {
    return "Ilharco et al., Editing models with task arithmetic, ICLR 2023, arXiv:2212.04089";
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(Parameter.weight(1), TaskVectors.lambda(), Parameter.flag("normalize", false));
  }

  @Override
  public Inputs inputs() {
    return Inputs.atLeast(1, Inputs.Base.REQUIRED);
  }

  @Override
  public TensorMerge begin(MergeGroup group) {
    return new TaskVectorMerge(null, TaskVectorMerge.Consensus.NONE);
  }
}
