package io.modelweave.moe;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One way to combine specialists, with what it costs, so that ways compare on equal inputs.
 *
 * <pre>{@code
 * List<Combination.Result> results = Combination.compare(heldOut, Combination.interpolation(models, 0.5, 0.5),
 *     Combination.logitEnsemble(models, 0.5, 0.5), Combination.routed("3 layers", routed));
 * }</pre>
 */
public interface Combination {

  /** Returns what the combination is called in reports. */
  String name();

  /** Returns how large it is. */
  ParameterCounts parameterCounts();

  /** Returns the mean cross-entropy in nats per token, as {@link LanguageModel#loss} does. */
  double loss(Iterable<TokenBatch> batches);

  /**
   * What a combination does on a text.
   *
   * @param name of the combination
   * @param loss in nats per token
   * @param parameters how large it is
   */
  record Result(String name, double loss, ParameterCounts parameters) {}

  /** Returns the results of combinations on the same batches, in their order. */
  static List<Result> compare(Iterable<TokenBatch> batches, Combination... combinations) {
    return Arrays.stream(combinations).map(c -> new Result(c.name(), c.loss(batches), c.parameterCounts())).toList();
  }

  /** A model whose blocks route, dense or sparse. */
  static Combination routed(String name, RoutedModel routed) {
    return new ModelCombination(name, routed.languageModel(), routed.parameterCounts());
  }

  /**
   * The mixture {@code sum_m w_m MLP_m(u)} of the models' MLPs of each layer by fixed weights, in the first model.
   *
   * @param weights one for each model, not negative, with sum 1
   */
  static Combination interpolation(List<LanguageModel> models, double... weights) {
    requireWeights(models, weights);
    CrossLayerRouter.over(models.toArray(LanguageModel[]::new)); // refuses models that do not fit
    LanguageModel mixed = models.get(0).withFeedForwards(IntStream.range(0, models.get(0).configuration().layers())
        .mapToObj(layer -> WeightedFeedForward.of(models, layer, weights)).toList());
    return new ModelCombination("interpolation", mixed, new ParameterCounts(mixed.parameterCount(), mixed.parameterCount(), 0));
  }

  /**
   * The first model with MLPs whose parameters are the weighted means of those of all models, layer by layer.
   *
   * @param weights one for each model, not negative, with sum 1
   * @throws io.modelweave.core.ModelMismatchException listing the MLPs that are not of one kind and size
   */
  static Combination parameterAverage(List<LanguageModel> models, double... weights) {
    requireWeights(models, weights);
    CrossLayerRouter router = CrossLayerRouter.over(models.toArray(LanguageModel[]::new));
    List<Double> each = Arrays.stream(weights).boxed().toList();
    RoutedModel window = router.build();
    return ParameterAverage.of("parameter average", window, block -> each);
  }

  /**
   * The host with one MLP a block: the mean of its experts' parameters, weighed by the routers' mean probabilities on a text. Soft
   * merging of experts, once for a text rather than for every input: a causal model cannot pool over tokens that it is to predict.
   *
   * <p>Source: Muqeeth, Liu and Raffel, "Soft Merging of Experts with Adaptive Routing" (SMEAR), 2023, arXiv 2306.03745.
   *
   * @param text what the probabilities are averaged over
   * @throws io.modelweave.core.ModelMismatchException listing the experts that are not of one kind and size
   */
  static Combination softMerging(RoutedModel routed, Iterable<TokenBatch> text) {
    RoutingStatistics statistics = RoutingStatistics.of(routed, text);
    return ParameterAverage.of("soft merging", routed, block -> statistics.layers().get(block).meanProbability());
  }

  /**
   * The models side by side, whole: {@code softmax(sum_m w_m logits_m)}.
   *
   * @param weights one for each model, not negative, with sum 1
   */
  static Combination logitEnsemble(List<LanguageModel> models, double... weights) {
    requireWeights(models, weights);
    return new LogitEnsemble(models, weights.clone());
  }

  private static void requireWeights(List<LanguageModel> models, double[] weights) {
    List<String> problems = new ArrayList<>();
    if (weights.length != models.size()) {
      problems.add("%d weights for %d models".formatted(weights.length, models.size()));
    }
    if (Arrays.stream(weights).anyMatch(w -> !(w >= 0)) || Math.abs(Arrays.stream(weights).sum() - 1) > 1e-9) {
      problems.add("the weights %s must not be negative and must sum to 1".formatted(Arrays.toString(weights)));
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", problems));
    }
  }
}
