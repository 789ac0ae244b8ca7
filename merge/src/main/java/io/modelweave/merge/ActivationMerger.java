package io.modelweave.merge;

import io.modelweave.core.FeedForward;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.transformer.GuestModel;
import io.modelweave.core.transformer.Mlp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.IntToDoubleFunction;

/**
 * Merges models by what they compute: all run inside the first, the host, and the outputs of their branches are mixed block by block.
 *
 * <pre>{@code
 * LanguageModel mixed = ActivationMerger.interpolate(math, code, 0.5);
 * LanguageModel three = ActivationMerger.of(math, code, prose).branch(Branch.BLOCK).weights(0.5, 0.3, 0.2).build();
 * LanguageModel late = ActivationMerger.of(math, code).branch(Branch.ATTENTION).byLayer(layer -> layer < 6 ? 0 : 0.5).build();
 * }</pre>
 *
 * <p>The host supplies what is not mixed: embeddings (and learned positions), the final norm, the head, and in each block whatever
 * {@link Branch} does not name. Where its weight is 1 a block is the host's bit for bit; where another model's is, that model's branch
 * runs in the host. Models may be of different families if width and number of layers are the same. Each model with a weight other than
 * 0 costs its own branch.
 *
 * <p>Parameters are shared with all models, not copied; model {@code i}, from 1, has {@code experts.<i>.} before their names, and before
 * the names of what its attention or block publishes. {@code block.<l>.mlp} is the mixture with {@link Branch#MLP}, as
 * {@code block.<l>.attention} is with {@link Branch#ATTENTION}; with {@link Branch#BLOCK} it is {@code block.<l>.output}, and the values
 * inside are the host's own.
 *
 * <p>Source: Pari, Jelassi and Agrawal, "Collective Model Intelligence Requires Compatible Specialization", 2024, arXiv 2411.02207,
 * section 2.2, for MLPs of two models; the other branches and more models are ours. To first order around a common base mixing agrees with
 * weight interpolation; it differs because a branch is not linear.
 */
public final class ActivationMerger {

  private static final double ROUNDING = 1e-9;

  private final List<LanguageModel> models;
  private final Branch branch;
  private final IntFunction<double[]> weights;

  private ActivationMerger(List<LanguageModel> models, Branch branch, IntFunction<double[]> weights) {
    this.models = models;
    this.branch = branch;
    this.weights = weights;
  }

  /**
   * Returns the host {@code a} with every MLP replaced by {@code y = (1 - alpha) MLP_a(u) + alpha MLP_b(u)} on the same input {@code u};
   * embeddings, attention, norms and head are the host's. The paper's own scripts call {@code 1 - alpha} alpha.
   *
   * @param a the host; alpha 0 gives its output bit for bit
   * @param b a model of the same width and number of layers
   * @param alpha weight of {@code b}, in [0, 1]
   * @throws IllegalArgumentException if alpha is not in [0, 1]
   * @throws ModelMismatchException listing every block that does not fit
   */
  public static LanguageModel interpolate(LanguageModel a, LanguageModel b, double alpha) {
    return of(a, b).alpha(alpha).build();
  }

  /**
   * Returns a mixture of MLPs in which all models weigh the same, to be refined.
   *
   * @param models at least two; the first is the host
   * @throws IllegalArgumentException if there are fewer than two
   */
  public static ActivationMerger of(LanguageModel... models) {
    if (models.length < 2) {
      throw new IllegalArgumentException("activations of %d models cannot be mixed; give at least two".formatted(models.length));
    }
    double[] equal = new double[models.length];
    Arrays.fill(equal, 1.0 / models.length);
    return new ActivationMerger(List.of(models), Branch.MLP, layer -> equal);
  }

  /** Returns a mixture of another part of the blocks. */
  public ActivationMerger branch(Branch newBranch) {
    return new ActivationMerger(models, newBranch, weights);
  }

  /**
   * Returns a mixture with the same weights in every block.
   *
   * @param newWeights one for each model, the host's first; not negative, adding up to 1
   * @throws IllegalArgumentException if the weights are not so
   */
  public ActivationMerger weights(double... newWeights) {
    double[] copy = newWeights.clone();
    requireWeights("every block", copy);
    return new ActivationMerger(models, branch, layer -> copy);
  }

  /**
   * Returns a mixture with weights of its own for each block.
   *
   * @param weightsOf block number, from 0, to the weights of all models as in {@link #weights}; called and checked by {@link #build}
   */
  public ActivationMerger weightsByLayer(IntFunction<double[]> weightsOf) {
    return new ActivationMerger(models, branch, weightsOf);
  }

  /**
   * Returns a mixture of two models with the same weight of the second in every block.
   *
   * @param alpha in [0, 1]
   * @throws IllegalArgumentException if alpha is not in [0, 1], or there are more than two models
   */
  public ActivationMerger alpha(double alpha) {
    Alpha.require(alpha);
    return byLayer(layer -> alpha);
  }

  /**
   * Returns a mixture of two models with a weight of the second for each block.
   *
   * @param alphaOf block number, from 0, to alpha in [0, 1]; called and checked by {@link #build}
   * @throws IllegalArgumentException if there are more than two models
   */
  public ActivationMerger byLayer(IntToDoubleFunction alphaOf) {
    if (models.size() != 2) {
      throw new IllegalArgumentException("alpha is the weight of the second of two models, there are %d; give weights"
          .formatted(models.size()));
    }
    return new ActivationMerger(models, branch, layer -> {
      double alpha = alphaOf.applyAsDouble(layer);
      return new double[] {1 - alpha, alpha};
    });
  }

  /**
   * Returns the mixture, a model that runs and trains but can be neither saved nor copied, unless every block is the host's own. What is
   * not computed because its weight is 0 cannot be trained either; leave those parameters of the host out.
   *
   * @throws IllegalArgumentException naming the first block whose weights are not as {@link #weights} wants them
   * @throws ModelMismatchException listing everything that keeps the models from running in one
   */
  public LanguageModel build() {
    requireCompatible();
    List<GuestModel> guests = new ArrayList<>();
    for (int i = 1; i < models.size(); i++) {
      guests.add(new GuestModel("experts." + i, models.get(i).configuration(), models.get(i).parameters()));
    }
    List<FeedForward> mixed = new ArrayList<>();
    for (int layer = 0; layer < models.get(0).configuration().layers(); layer++) {
      double[] ofLayer = weights.apply(layer).clone();
      requireWeights("block " + layer, ofLayer);
      mixed.add(layer(layer, guests, Arrays.stream(ofLayer).boxed().toList()));
    }
    return models.get(0).withFeedForwards(mixed);
  }

  private FeedForward layer(int layer, List<GuestModel> guests, List<Double> ofLayer) {
    FeedForward own = models.get(0).feedForward(layer);
    if (Collections.frequency(ofLayer.subList(1, ofLayer.size()), 0.0) == guests.size()) {
      return own;
    }
    return switch (branch) {
      case MLP -> new MixedFeedForward(mlps(layer, guests), ofLayer);
      case ATTENTION -> new MixedAttention(layer, own, guests, ofLayer);
      case BLOCK -> new MixedBlock(layer, own, guests, ofLayer);
    };
  }

  private List<FeedForward> mlps(int layer, List<GuestModel> guests) {
    List<FeedForward> all = new ArrayList<>(List.of(models.get(0).feedForward(layer)));
    for (int i = 0; i < guests.size(); i++) {
      Mlp mlp = (Mlp) models.get(i + 1).feedForward(layer);
      all.add(mlp.named("%s.%s".formatted(guests.get(i).name(), mlp.name())));
    }
    return all;
  }

  private void requireWeights(String where, double[] given) {
    if (given.length != models.size() || Arrays.stream(given).anyMatch(weight -> !(weight >= 0))
        || !(Math.abs(Arrays.stream(given).sum() - 1) <= ROUNDING)) {
      throw new IllegalArgumentException("%s has the weights %s; %d models need as many that are not negative and add up to 1"
          .formatted(where, Arrays.toString(given), models.size()));
    }
  }

  private void requireCompatible() {
    List<String> problems = new ArrayList<>();
    LanguageModel host = models.get(0);
    for (int i = 0; i < models.size(); i++) {
      LanguageModel model = models.get(i);
      if (model.configuration().width() != host.configuration().width()) {
        problems.add("width is %d against %d of model %d".formatted(host.configuration().width(), model.configuration().width(), i));
      }
      if (model.configuration().layers() != host.configuration().layers()) {
        problems.add("there are %d layers against %d of model %d"
            .formatted(host.configuration().layers(), model.configuration().layers(), i));
      }
      for (int layer = 0; layer < model.configuration().layers(); layer++) {
        if (!(model.feedForward(layer) instanceof Mlp)) {
          problems.add("block %d of model %d holds a %s, not an MLP"
              .formatted(layer, i, model.feedForward(layer).getClass().getSimpleName()));
        }
      }
    }
    if (!problems.isEmpty()) {
      throw new ModelMismatchException("these models cannot be mixed", problems);
    }
  }
}
