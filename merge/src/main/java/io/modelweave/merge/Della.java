package io.modelweave.merge;

import io.modelweave.merge.method.EqualMass;
import io.modelweave.merge.method.Inputs;
import io.modelweave.merge.method.MergeGroup;
import io.modelweave.merge.method.MergeMethod;
import io.modelweave.merge.method.Parameter;
import io.modelweave.merge.method.RankDrop;
import io.modelweave.merge.method.Settings;
import io.modelweave.merge.method.Sparsifier;
import io.modelweave.merge.method.TaskVectorMerge;
import io.modelweave.merge.method.TaskVectorMerge.Consensus;
import io.modelweave.merge.method.TensorMerge;
import io.modelweave.merge.method.Variant;
import java.util.List;
import java.util.function.Consumer;

/**
 * DELLA: drops entries of each task vector at random, small ones rather than large ones, scales up what is left, elects signs and averages.
 *
 * <p>An entry stays with probability {@code p}, which grows with its rank by magnitude within its row from {@code density - epsilon} to
 * {@code density + epsilon}, and is divided by {@code p}. Then as {@link Ties}: {@code y = b + lambda sum_i w_i s_i / sum_i w_i} over the
 * models that have the elected sign, or over all {@link #withoutSignElection}. Parameters: {@code density} of each model; {@code
 * epsilon}, 0.15 by default; {@code weight}, 1; {@code lambda}, 1; {@code rescale}, on; {@code normalize}, on, and off without election.
 * A density of 1 keeps everything, 0 nothing.
 *
 * <p>Masks depend on the seed, the tensor's name, the model's number and the index of the element. In {@link Variant#MERGEKIT} one scale
 * for the whole tensor keeps the sum of magnitudes, which costs a pass.
 *
 * <p>Source: Deep, Bhardwaj and Poria, "DELLA-Merging: reducing interference in model merging through magnitude-based sampling", 2024,
 * arXiv:2406.11617.
 */
public final class Della implements MergeMethod {

  private final double density;
  private final boolean elect;
  private final Variant variant;

  /** Creates the method; {@code density} must be given as a parameter. */
  public Della() {
    this(Double.NaN, true, Variant.PAPER);
  }

  private Della(double density, boolean elect, Variant variant) {
    this.density = density;
    this.elect = elect;
    this.variant = variant;
  }

  /**
   * Returns the method with a default density.
   *
   * @param density mean probability that an entry of a task vector stays, in [0, 1]
   */
  public static Della density(double density) {
    return new Della(TaskVectors.requireShare("density", density), true, Variant.PAPER);
  }

  /** Returns the method that adds all entries, whatever their signs. */
  public Della withoutSignElection() {
    return new Della(density, false, variant);
  }

  /** Returns the method as mergekit has it. */
  public Della mergekit() {
    return new Della(Double.isNaN(density) ? 1 : density, elect, Variant.MERGEKIT);
  }

  @Override
  public String name() {
    return variant.name(elect ? "della" : "della_linear");
  }

  @Override
  public String citation() {
    return "Deep, Bhardwaj and Poria, DELLA-Merging, 2024, arXiv:2406.11617";
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(Parameter.weight(1), TaskVectors.density(density), Parameter.ofModel("epsilon", 0.15, 0, 0.5), TaskVectors.lambda(),
        Parameter.flag("normalize", elect), Parameter.flag("rescale", true));
  }

  @Override
  public Inputs inputs() {
    return Inputs.atLeast(1, Inputs.Base.REQUIRED);
  }

  @Override
  public long indivisible(List<Long> shape, Settings settings) {
    return RankDrop.indivisible(shape);
  }

  @Override
  public void check(Settings settings, Consumer<String> problems) {
    double[] densities = settings.ofModels("density");
    double[] epsilons = settings.ofModels("epsilon");
    for (int i = 0; i < densities.length; i++) {
      boolean masked = densities[i] > 0 && densities[i] < 1;
      if (masked && !(densities[i] - epsilons[i] > 0 && densities[i] + epsilons[i] < 1)) {
        problems.accept("density %s and epsilon %s of model %d give probabilities outside (0, 1); lower epsilon".formatted(densities[i],
            epsilons[i], i));
      }
    }
  }

  @Override
  public TensorMerge begin(MergeGroup group) {
    boolean rescale = group.first().settings().flag("rescale");
    Sparsifier drop = variant == Variant.PAPER ? new RankDrop(rescale)
        : rescale ? new EqualMass(group, new RankDrop(false)) : new RankDrop(false);
    return new TaskVectorMerge(drop, elect ? TaskVectors.vote(variant) : Consensus.NONE);
  }
}
