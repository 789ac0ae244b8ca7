package io.modelweave.merge;

import io.modelweave.core.FeedForward;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.transformer.Mlp;
import java.util.ArrayList;
import java.util.List;

/**
 * Merges models by what they compute: both run inside one, and the outputs of their branches are mixed block by block.
 *
 * <p>Source: Pari, Jelassi and Agrawal, "Collective Model Intelligence Requires Compatible Specialization", 2024, arXiv 2411.02207,
 * section 2.2. To first order around a common base it agrees with weight interpolation; it differs because an MLP is not linear.
 */
public final class ActivationMerger {

  private ActivationMerger() {}

  /**
   * Returns the host {@code a} with every MLP replaced by {@code y = (1 - alpha) MLP_a(u) + alpha MLP_b(u)} on the same input {@code u};
   * embeddings, attention, norms and head are the host's. The paper's own scripts call {@code 1 - alpha} alpha.
   *
   * <p>Parameters are shared with {@code a} and {@code b}, not copied. Cost: one more MLP a block.
   *
   * @param a the host; alpha 0 gives its output bit for bit
   * @param b a model of the same width and number of layers
   * @param alpha weight of {@code b}, in [0, 1]
   * @throws IllegalArgumentException if alpha is not in [0, 1]
   * @throws ModelMismatchException listing every block that does not fit
   */
  public static LanguageModel interpolate(LanguageModel a, LanguageModel b, double alpha) {
    Alpha.require(alpha);
    requireCompatible(a, b);
    List<FeedForward> mixed = new ArrayList<>();
    for (int layer = 0; layer < a.configuration().layers(); layer++) {
      Mlp own = (Mlp) a.feedForward(layer);
      Mlp other = (Mlp) b.feedForward(layer);
      mixed.add(alpha == 0 ? own : new MixedFeedForward(own, other.named("experts.1." + other.name()), alpha));
    }
    return a.withFeedForwards(mixed);
  }

  private static void requireCompatible(LanguageModel a, LanguageModel b) {
    List<String> problems = new ArrayList<>();
    if (a.configuration().width() != b.configuration().width()) {
      problems.add("width is %d against %d".formatted(a.configuration().width(), b.configuration().width()));
    }
    if (a.configuration().layers() != b.configuration().layers()) {
      problems.add("there are %d layers against %d".formatted(a.configuration().layers(), b.configuration().layers()));
    }
    for (LanguageModel model : List.of(a, b)) {
      for (int layer = 0; layer < model.configuration().layers(); layer++) {
        if (!(model.feedForward(layer) instanceof Mlp)) {
          problems.add("block %d of model %s holds a %s, not an MLP"
              .formatted(layer, model == a ? "a" : "b", model.feedForward(layer).getClass().getSimpleName()));
        }
      }
    }
    if (!problems.isEmpty()) {
      throw new ModelMismatchException("these models cannot be mixed", problems);
    }
  }
}
