package io.modelweave.merge;

import io.modelweave.merge.method.Inputs;
import io.modelweave.merge.method.MergeGroup;
import io.modelweave.merge.method.MergeMethod;
import io.modelweave.merge.method.Parameter;
import io.modelweave.merge.method.TensorMerge;
import io.modelweave.merge.method.Variant;
import java.util.List;

/**
 * SCE: selects the positions at which the models disagree most, weights each model by the energy of its task vector there, and erases
 * entries of the minority sign.
 *
 * <p>Keeps the {@code floor(select_topk z)} positions with the largest variance over the models, where {@code z} counts the positions with
 * any; {@code q_i} is the mean square of what is left of task vector {@code i}; {@code y = b + sum_i q_i d_i / sum_i q_i} over the models
 * whose sign is that of {@code sum_i d_i}. Parameter: {@code select_topk} in [0, 1], 1 by default, which keeps all positions.
 *
 * <p>Weights are relative here, so that the scale of an update does not matter, and where signs cancel nothing is kept. In {@link
 * Variant#MERGEKIT} weights become equal once the energies sum to less than 1e-6, the divisor is at least 1e-6, and a sum of 0 counts as
 * positive. Cost: three to six passes.
 *
 * <p>Source: Wan et al., "FuseChat: knowledge fusion of chat models", 2024, arXiv:2408.07990, section 3.3.
 */
public final class Sce implements MergeMethod {

  private final Variant variant;

  /** Creates the method. */
  public Sce() {
    this(Variant.PAPER);
  }

  private Sce(Variant variant) {
    this.variant = variant;
  }

  /** Returns the method with mergekit's absolute thresholds. */
  public Sce mergekit() {
    return new Sce(Variant.MERGEKIT);
  }

  @Override
  public String name() {
    return variant.name("sce");
  }

  @Override
  public String citation() {
    return "Wan et al., FuseChat, 2024, arXiv:2408.07990";
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(Parameter.number("select_topk", 1, 0, 1));
  }

  @Override
  public Inputs inputs() {
    return Inputs.atLeast(2, Inputs.Base.REQUIRED);
  }

  @Override
  public TensorMerge begin(MergeGroup group) {
    return new SceMerge(group, variant);
  }
}
