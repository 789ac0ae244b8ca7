package io.modelweave.merge;

import io.modelweave.merge.method.EqualMass;
import io.modelweave.merge.method.Inputs;
import io.modelweave.merge.method.MergeGroup;
import io.modelweave.merge.method.MergeMethod;
import io.modelweave.merge.method.Parameter;
import io.modelweave.merge.method.RandomDrop;
import io.modelweave.merge.method.Settings;
import io.modelweave.merge.method.Sparsifier;
import io.modelweave.merge.method.TaskVectorMerge;
import io.modelweave.merge.method.TaskVectorMerge.Consensus;
import io.modelweave.merge.method.TensorMerge;
import io.modelweave.merge.method.Variant;
import java.util.List;

/**
 * DARE: drops entries of each task vector at random, scales up what is left, and adds.
 *
 * <p>{@code y = b + lambda sum_i w_i s_i}, where an entry of {@code s_i} is that of the task vector divided by {@code density} with
 * probability {@code density}, and 0 otherwise; {@link #withSignElection} averages as {@link Ties} does instead. Parameters: {@code
 * density} of each model; {@code weight}, 1 by default; {@code lambda}, 1; {@code rescale}, on; {@code normalize}, off, and on with sign
 * election.
 *
 * <p>Masks depend on the seed, the tensor's name, the model's number and the index of the element. In {@link Variant#MERGEKIT} the scale
 * is the one that keeps the sum of magnitudes of the task vector, which costs a pass, and {@code normalize} is off throughout.
 *
 * <p>Source: Yu et al., "Language models are super Mario", ICML 2024, arXiv:2311.03099.
 */
public final class Dare implements MergeMethod {

  private final double density;
  private final boolean elect;
  private final Variant variant;

  /** Creates the method; {@code density} must be given as a parameter. */
  public Dare() {
    this(Double.NaN, false, Variant.PAPER);
  }

  private Dare(double density, boolean elect, Variant variant) {
    this.density = density;
    this.elect = elect;
    this.variant = variant;
  }

  /**
   * Returns the method with a default density.
   *
   * @param density probability that an entry of a task vector stays, in [0, 1]
   */
  public static Dare density(double density) {
    return new Dare(TaskVectors.requireShare("density", density), false, Variant.PAPER);
  }

  /** Returns the method with an elected sign for each position. */
  public Dare withSignElection() {
    return new Dare(density, true, variant);
  }

  /** Returns the method as mergekit has it. */
  public Dare mergekit() {
    return new Dare(Double.isNaN(density) ? 1 : density, elect, Variant.MERGEKIT);
  }

  @Override
  public String name() {
    return variant.name(elect ? "dare_ties" : "dare_linear");
  }

  @Override
  public String citation() {
    return "Yu et al., Language models are super Mario, ICML 2024, arXiv:2311.03099";
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(Parameter.weight(1), TaskVectors.density(density), TaskVectors.lambda(),
        Parameter.flag("normalize", elect && variant == Variant.PAPER), Parameter.flag("rescale", true));
  }

  @Override
  public Inputs inputs() {
    return Inputs.atLeast(1, Inputs.Base.REQUIRED);
  }

  @Override
  public TensorMerge begin(MergeGroup group) {
    Settings settings = group.first().settings();
    boolean rescale = settings.flag("rescale");
    Sparsifier drop = variant == Variant.PAPER ? new RandomDrop(rescale)
        : rescale ? new EqualMass(group, new RandomDrop(false)) : new RandomDrop(false);
    return new TaskVectorMerge(drop, elect ? TaskVectors.vote(variant) : Consensus.NONE);
  }
}
