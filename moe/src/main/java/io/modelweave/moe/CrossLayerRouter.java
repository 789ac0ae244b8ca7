package io.modelweave.moe;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.transformer.Mlp;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Builds a model whose blocks route every token to MLPs of several models and layers.
 *
 * <pre>{@code
 * RoutedModel routed = CrossLayerRouter.over(math, code).window(LayerWindow.upThenDown(3)).topK(6).build();
 * }</pre>
 *
 * <p>The first model is the host: embeddings, attention, norms and head are its own. A base model joins
 * as one more. Each setter returns a new value. Defaults: window of one layer and {@link RouterOptions#defaults}, a dense mixture.
 *
 * <p>Source: Pari, Jelassi and Agrawal, "Collective Model Intelligence Requires Compatible Specialization", 2024, arXiv 2411.02207,
 * section 3.
 */
public final class CrossLayerRouter {

  private final List<LanguageModel> models;
  private final LayerWindow window;
  private final RouterOptions options;

  private CrossLayerRouter(List<LanguageModel> models, LayerWindow window, RouterOptions options) {
    this.models = models;
    this.window = window;
    this.options = options;
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
    return new CrossLayerRouter(List.of(models), LayerWindow.upThenDown(1), RouterOptions.defaults());
  }

  /** Returns a router over the layers of another window. */
  public CrossLayerRouter window(LayerWindow newWindow) {
    return new CrossLayerRouter(models, newWindow, options);
  }

  /** Returns a router with other options, given the present ones. */
  public CrossLayerRouter options(UnaryOperator<RouterOptions> change) {
    return new CrossLayerRouter(models, window, change.apply(options));
  }

  /** Returns a router that keeps the {@code k} most probable experts of each token. */
  public CrossLayerRouter topK(int k) {
    if (k < 1) {
      throw new IllegalArgumentException("topK is %d, must be at least 1".formatted(k));
    }
    return options(o -> o.withTopK(k));
  }

  /** Returns a router that divides the kept probabilities by their sum, or leaves them as they are. */
  public CrossLayerRouter renormalise(boolean renormalise) {
    return options(o -> o.withRenormalise(renormalise));
  }

  /** Returns a router that starts from other weights. */
  public CrossLayerRouter initialization(RouterInitialization initialization) {
    return options(o -> o.withInitialization(initialization, o.seed()));
  }

  /** Returns a router whose {@link RouterInitialization#PAPER} weights and jitter are drawn with another seed. */
  public CrossLayerRouter seed(long seed) {
    return options(o -> o.withInitialization(o.initialization(), seed));
  }

  /**
   * Returns the routed model. Experts of a block are listed layer by layer of the window, and within a layer model by model.
   *
   * @throws IllegalArgumentException listing the blocks whose window names a layer twice or one that does not exist, has fewer than
   *     {@code topK} experts, or, with one router for all, another number of experts than block 0
   */
  public RoutedModel build() {
    int layers = models.get(0).configuration().layers();
    List<List<Expert>> experts = IntStream.range(0, layers).mapToObj(layer -> experts(layer, layers)).toList();
    requireEnough(experts);
    SplittableRandom random = new SplittableRandom(options.seed());
    List<RoutedFeedForward> routed = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      Router router = options.shared() && layer > 0 ? routed.get(0).router() : router(layer, experts.get(layer), random);
      routed.add(new RoutedFeedForward(layer, router, experts.get(layer), new LoadCounter(router.experts())));
    }
    return new RoutedModel(models, options, routed);
  }

  private Router router(int layer, List<Expert> experts, SplittableRandom random) {
    int count = experts.size();
    int width = models.get(0).configuration().width();
    INDArray hidden = options.hiddenUnits() == 0 ? null : RouterInitialization.PAPER.weights(options.hiddenUnits(), width, random);
    INDArray weight = options.initialization().weights(count, hidden == null ? width : options.hiddenUnits(), random);
    return new Router(layer, models.get(0).configuration().layers(), options.withTopK(options.topK() == 0 ? count : options.topK()), weight,
        hidden, options.initialization().offsets(experts, layer),
        options.balanceRate() == 0 ? null : Nd4j.zeros(DataType.FLOAT, 1, count));
  }

  private void requireEnough(List<List<Expert>> experts) {
    List<String> problems = new ArrayList<>();
    for (int layer = 0; layer < experts.size(); layer++) {
      int count = experts.get(layer).size();
      if (options.topK() > count) {
        problems.add("topK is %d, block %d has %d experts (%d models, %d layers)"
            .formatted(options.topK(), layer, count, models.size(), count / models.size()));
      } else if (options.shared() && count != experts.get(0).size()) {
        problems.add("block %d has %d experts, block 0 %d; one router for all needs equal numbers"
            .formatted(layer, count, experts.get(0).size()));
      }
    }
    if (!problems.isEmpty()) {
      throw new ModelMismatchException("the window does not fit the router", problems);
    }
  }

  private List<Expert> experts(int block, int layers) {
    List<Integer> window = this.window.of(block, layers);
    List<Integer> unknown = window.stream().filter(layer -> layer < 0 || layer >= layers).toList();
    if (!unknown.isEmpty() || window.stream().distinct().count() != window.size()) {
      throw new IllegalArgumentException("the window of block %d is %s; it must name layers from 0 to %d, none twice"
          .formatted(block, window, layers - 1));
    }
    List<Expert> experts = new ArrayList<>();
    for (int layer : window) {
      for (int m = 0; m < models.size(); m++) {
        Mlp mlp = (Mlp) models.get(m).feedForward(layer);
        experts.add(new Expert(m, layer, m == 0 ? mlp : mlp.named("experts.%d.%s".formatted(m, mlp.name()))));
      }
    }
    return experts;
  }
}
