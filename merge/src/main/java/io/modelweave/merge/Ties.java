package io.modelweave.merge;

import io.modelweave.merge.method.Inputs;
import io.modelweave.merge.method.MagnitudeTrim;
import io.modelweave.merge.method.MergeGroup;
import io.modelweave.merge.method.MergeMethod;
import io.modelweave.merge.method.Parameter;
import io.modelweave.merge.method.TaskVectorMerge;
import io.modelweave.merge.method.TensorMerge;
import io.modelweave.merge.method.Variant;
import java.util.List;

/**
 * TIES: trims each task vector to its largest entries, elects a sign for each position, and averages the entries that have it.
 *
 * <p>{@code y = b + lambda sum_i w_i s_i / sum_i w_i} over the models whose trimmed entry {@code s_i} has the sign of {@code sum_i s_i}.
 * Parameters: {@code density} of each model, the share that is kept; {@code weight}, 1 by default; {@code lambda}, 1 by default; {@code
 * normalize}, on by default, divides by the weights.
 *
 * <p>As in the paper, the largest entries are those of the whole model, and signs are elected by unweighted sums; where they cancel,
 * nothing is kept. In {@link Variant#MERGEKIT} each tensor is trimmed by itself, votes are weighted, and a sum of 0 elects plus. Both keep
 * {@code floor(density N)} entries; equal magnitudes at the cut are kept from the first on. Cost: two passes and a fraction of one,
 * seldom more.
 *
 * <p>Source: Yadav et al., "TIES-Merging: resolving interference when merging models", NeurIPS 2023, arXiv:2306.01708, section 4.
 */
public final class Ties implements MergeMethod {

  private static final double IN_THE_PAPER = 0.2;

  private final double density;
  private final Variant variant;

  /** Creates the method with the density of the paper, 0.2. */
  public Ties() {
    this(IN_THE_PAPER, Variant.PAPER);
  }

  private Ties(double density, Variant variant) {
    this.density = TaskVectors.requireShare("density", density);
    this.variant = variant;
  }

  /**
   * Returns the method with another default density.
   *
   * @param density share of the entries of each task vector to keep, in [0, 1]
   */
  public static Ties density(double density) {
    return new Ties(density, Variant.PAPER);
  }

  /** Returns the method as mergekit has it: tensor by tensor, with weighted votes. */
  public Ties mergekit() {
    return new Ties(density, Variant.MERGEKIT);
  }

  @Override
  public String name() {
    return variant.name("ties");
  }

  @Override
  public String citation() {
    return "Yadav et al., TIES-Merging, NeurIPS 2023, arXiv:2306.01708";
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(Parameter.weight(1), TaskVectors.density(density), TaskVectors.lambda(), Parameter.flag("normalize", true));
  }

  @Override
  public Inputs inputs() {
    return Inputs.atLeast(1, Inputs.Base.REQUIRED);
  }

  @Override
  public boolean wholeModel() {
    return variant == Variant.PAPER;
  }

  @Override
  public TensorMerge begin(MergeGroup group) {
    double[] noOutliers = new double[group.first().models()];
    return new TaskVectorMerge(new MagnitudeTrim(group, noOutliers, false), TaskVectors.vote(variant));
  }
}
