package io.modelweave.moe;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.transformer.Mlp;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Builds a model whose blocks route every token to MLPs of several models and layers.
 *
 * <pre>{@code
 * RoutedModel routed = CrossLayerRouter.over(math, code).window(LayerWindow.upThenDown(3)).topK(6).build();
 * }</pre>
 *
 * <p>The first model is the host: embeddings, attention, norms and head are its own. Each setter returns a new value. Defaults: window of
 * one layer, all experts kept (a dense mixture), no renormalisation, {@link RouterInitialization#ZERO}, seed 0.
 *
 * <p>Source: Pari, Jelassi and Agrawal, "Collective Model Intelligence Requires Compatible Specialization", 2024, arXiv 2411.02207, section 3.
 */
public final class CrossLayerRouter {

  private static final int ALL = 0;

  private final List<LanguageModel> models;
  private final LayerWindow window;
  private final int topK;
  private final boolean renormalise;
  private final RouterInitialization initialization;
  private final long seed;

  private CrossLayerRouter(List<LanguageModel> models, LayerWindow window, int topK, boolean renormalise,
      RouterInitialization initialization, long seed) {
    this.models = models;
    this.window = window;
    this.topK = topK;
    this.renormalise = renormalise;
    this.initialization = initialization;
    this.seed = seed;
  }

  /**
   * Returns a router over the MLPs of these models; the first is the host.
   *
   * @throws ModelMismatchException listing what differs: width, layers, or a block that does not hold a plain MLP
   */
  public static CrossLayerRouter over(LanguageModel... models) {
    if (models.length == 0) {
      throw new IllegalArgumentException("no model to route over");
    }
    List<String> problems = new ArrayList<>();
    int width = models[0].configuration().width();
    int layers = models[0].configuration().layers();
    for (int m = 0; m < models.length; m++) {
      if (models[m].configuration().width() != width) {
        problems.add("model %d has width %d, the host (model 0) %d".formatted(m, models[m].configuration().width(), width));
      }
      if (models[m].configuration().layers() != layers) {
        problems.add("model %d has %d layers, the host (model 0) %d".formatted(m, models[m].configuration().layers(), layers));
      }
      for (int layer = 0; layer < models[m].configuration().layers(); layer++) {
        if (!(models[m].feedForward(layer) instanceof Mlp)) {
          problems.add("model %d holds a %s in block %d, not an MLP"
              .formatted(m, models[m].feedForward(layer).getClass().getSimpleName(), layer));
        }
      }
    }
    if (!problems.isEmpty()) {
      throw new ModelMismatchException("these models cannot be routed over", problems);
    }
    return new CrossLayerRouter(List.of(models), LayerWindow.upThenDown(1), ALL, false, RouterInitialization.ZERO, 0);
  }

  /** Returns a router over the layers of another window. */
  public CrossLayerRouter window(LayerWindow newWindow) {
    return new CrossLayerRouter(models, newWindow, topK, renormalise, initialization, seed);
  }

  /** Returns a router that keeps the {@code k} most probable experts of each token. */
  public CrossLayerRouter topK(int k) {
    if (k < 1) {
      throw new IllegalArgumentException("topK is %d, must be at least 1".formatted(k));
    }
    return new CrossLayerRouter(models, window, k, renormalise, initialization, seed);
  }

  /** Returns a router that divides the kept probabilities by their sum, or leaves them as they are. */
  public CrossLayerRouter renormalise(boolean newRenormalise) {
    return new CrossLayerRouter(models, window, topK, newRenormalise, initialization, seed);
  }

  /** Returns a router that starts from other weights. */
  public CrossLayerRouter initialization(RouterInitialization newInitialization) {
    return new CrossLayerRouter(models, window, topK, renormalise, newInitialization, seed);
  }

  /** Returns a router whose {@link RouterInitialization#PAPER} weights are drawn with another seed. */
  public CrossLayerRouter seed(long newSeed) {
    return new CrossLayerRouter(models, window, topK, renormalise, initialization, newSeed);
  }

  /**
   * Returns the routed model. Experts of a block are listed layer by layer of the window, and within a layer model by model.
   *
   * @throws IllegalArgumentException if the window is larger than the model or {@code topK} than the number of experts
   */
  public RoutedModel build() {
    LanguageModel host = models.get(0);
    int layers = host.configuration().layers();
    int width = host.configuration().width();
    SplittableRandom random = new SplittableRandom(seed);
    List<RoutedFeedForward> routed = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      List<Expert> experts = experts(window.of(layer, layers));
      if (topK > experts.size()) {
        throw new IllegalArgumentException("topK is %d, block %d has %d experts (%d models, %d layers)"
            .formatted(topK, layer, experts.size(), models.size(), experts.size() / models.size()));
      }
      routed.add(new RoutedFeedForward(layer, initialization.weights(experts.size(), width, random),
          initialization.offsets(experts, layer), experts, topK == ALL ? experts.size() : topK, renormalise));
    }
    return new RoutedModel(host.withFeedForwards(routed), routed);
  }

  private List<Expert> experts(List<Integer> layers) {
    List<Expert> experts = new ArrayList<>();
    for (int layer : layers) {
      for (int m = 0; m < models.size(); m++) {
        Mlp mlp = (Mlp) models.get(m).feedForward(layer);
        experts.add(new Expert(m, layer, m == 0 ? mlp : mlp.named("experts.%d.%s".formatted(m, mlp.name()))));
      }
    }
    return experts;
  }
}
