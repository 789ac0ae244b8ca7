package io.modelweave.merge;

import io.modelweave.merge.method.Inputs;
import io.modelweave.merge.method.MagnitudeTrim;
import io.modelweave.merge.method.MergeGroup;
import io.modelweave.merge.method.MergeMethod;
import io.modelweave.merge.method.Parameter;
import io.modelweave.merge.method.TaskVectorMerge;
import io.modelweave.merge.method.TaskVectorMerge.Consensus;
import io.modelweave.merge.method.TensorMerge;
import io.modelweave.merge.method.Variant;
import java.util.Arrays;
import java.util.List;

/**
 * Model breadcrumbs: drops the largest and the smallest entries of each task vector, tensor by tensor, and adds what is left.
 *
 * <p>{@code y = b + lambda sum_i w_i s_i}, where {@code s_i} lacks the {@code floor(gamma N)} largest entries and keeps the next {@code
 * floor(density N)}; {@link #withSignElection} adds the vote of {@link Ties}. Parameters: {@code density} of each model; {@code gamma},
 * 0.01 by default; {@code weight}, 1; {@code lambda}, 1; {@code normalize}, off. A density of 1 keeps everything, outliers included.
 *
 * <p>In {@link Variant#MERGEKIT} a tensor too small to have an outlier ({@code gamma N < 1}) loses its whole task vector, a defect that is
 * kept there for parity only.
 *
 * <p>Source: Davari and Belilovsky, "Model breadcrumbs: scaling multi-task model merging with sparse masks", ECCV 2024, arXiv:2312.06795.
 */
public final class Breadcrumbs implements MergeMethod {

  private final double density;
  private final boolean elect;
  private final Variant variant;

  /** Creates the method; {@code density} must be given as a parameter. */
  public Breadcrumbs() {
    this(Double.NaN, false, Variant.PAPER);
  }

  private Breadcrumbs(double density, boolean elect, Variant variant) {
    this.density = density;
    this.elect = elect;
    this.variant = variant;
  }

  /**
   * Returns the method with a default density.
   *
   * @param density share of the entries of each task vector to keep, in [0, 1]
   */
  public static Breadcrumbs density(double density) {
    return new Breadcrumbs(TaskVectors.requireShare("density", density), false, Variant.PAPER);
  }

  /** Returns the method with an elected sign for each position. */
  public Breadcrumbs withSignElection() {
    return new Breadcrumbs(density, true, variant);
  }

  /** Returns the method as mergekit has it. */
  public Breadcrumbs mergekit() {
    return new Breadcrumbs(Double.isNaN(density) ? 1 : density, elect, Variant.MERGEKIT);
  }

  @Override
  public String name() {
    return variant.name(elect ? "breadcrumbs_ties" : "breadcrumbs");
  }

  @Override
  public String citation() {
    return "Davari and Belilovsky, Model Breadcrumbs, ECCV 2024, arXiv:2312.06795";
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(Parameter.weight(1), TaskVectors.density(density), Parameter.ofModel("gamma", 0.01, 0, 1), TaskVectors.lambda(),
        Parameter.flag("normalize", false));
  }

  @Override
  public Inputs inputs() {
    return Inputs.atLeast(1, Inputs.Base.REQUIRED);
  }

  @Override
  public TensorMerge begin(MergeGroup group) {
    double[] gamma = Arrays.copyOf(group.first().settings().ofModels("gamma"), group.first().models());
    MagnitudeTrim trim = new MagnitudeTrim(group, gamma, variant == Variant.MERGEKIT);
    return new TaskVectorMerge(trim, elect ? TaskVectors.vote(variant) : Consensus.NONE);
  }
}
