package io.modelweave.moe;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.testing.GoldenFamilies;
import io.modelweave.core.testing.GoldenModels;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.transformer.TransformerGraph.Gradients;
import io.modelweave.moe.RouterOptions.SoftmaxOrder;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What must hold between settings of routers over the same experts. */
class RoutingLawsTest {

  private static final double FLOAT = 1e-4; // relative to the largest value

  private final TokenBatch batch = GoldenModels.batch();
  private final LanguageModel math = GoldenModels.load("gpt2-math");
  private final LanguageModel code = GoldenModels.load("gpt2-code");

  private RoutedModel routed(UnaryOperator<RouterOptions> options) {
    return CrossLayerRouter.over(math, code).window(LayerWindow.upThenDown(2)).initialization(RouterInitialization.PAPER).seed(5)
        .options(options).build();
  }

  private static Map<String, INDArray> gradients(RoutedModel routed, TokenBatch batch, Set<String> names) {
    return results(routed, batch, names).byParameter();
  }

  private static Gradients results(RoutedModel routed, TokenBatch batch, Set<String> names) {
    int inputs = batch.length() - 1;
    return routed.languageModel().trainingGraph(batch.batch(), inputs, names)
        .gradients(batch.columns(0, inputs), batch.columns(1, inputs + 1));
  }

  @Test
  void should_weigh_alike_when_renormalised_or_when_the_softmax_follows_the_choice() {
    RoutedModel before = routed(o -> o.withTopK(2).withRenormalise(true));
    RoutedModel after = routed(o -> o.withTopK(2).withSoftmaxOrder(SoftmaxOrder.AFTER_TOP_K));
    RoutedModel plain = routed(o -> o.withTopK(2));

    assertThatArray(after.logits(batch)).isRelativelyCloseTo(before.logits(batch), FLOAT);
    Map<String, INDArray> expected = gradients(before, batch, before.trainedNames());
    gradients(after, batch, after.trainedNames())
        .forEach((name, gradient) -> assertThatArray(gradient).isRelativelyCloseTo(expected.get(name), 10 * FLOAT));
    assertThat(plain.logits(batch).distance2(before.logits(batch))).as("without renormalisation they differ").isGreaterThan(0.1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2-math", "llama", "gpt_neox", "gpt2-gelu-untied"})
  void should_compute_gathered_tokens_as_it_computes_all(String name) {
    LanguageModel host = name.startsWith("gpt2") ? GoldenModels.load(name) : GoldenFamilies.load(name);
    TokenBatch tokens = name.startsWith("gpt2") ? batch : GoldenFamilies.batch(name);
    RoutedModel routed = CrossLayerRouter.over(host).window(LayerWindow.upThenDown(3)).topK(2)
        .initialization(RouterInitialization.PAPER).build();
    Set<String> withExpert = new HashSet<>(routed.trainedNames());
    withExpert.addAll(routed.experts(0).get(0).mlp().parameters().keySet());

    Gradients gathered = results(routed, tokens, routed.trainedNames()); // frozen experts: only the chosen ones compute
    Gradients all = results(routed, tokens, withExpert); // blocks with a trained expert: all compute all tokens

    assertThat(gathered.loss()).isCloseTo(all.loss(), within(1e-5));
    gathered.byParameter().forEach((parameter, gradient) ->
        assertThatArray(gradient).isRelativelyCloseTo(all.byParameter().get(parameter), 10 * FLOAT));
  }

  @Test
  void should_give_a_balance_loss_of_one_for_equal_probabilities_and_of_e_for_one_expert() {
    List<LanguageModel> models = List.of(math, code, math.copy(), code.copy());
    RoutedModel uniform = CrossLayerRouter.over(models.toArray(LanguageModel[]::new)).topK(1).options(o -> o.withLosses(1, 0)).build();
    List<RoutedFeedForward> blocks = uniform.blocks().stream().map(RoutingLawsTest::collapsed).toList();
    RoutedModel collapsed = new RoutedModel(models, uniform.options(), blocks);

    assertThat(published(uniform, batch, "block.1.router.balance")).isCloseTo(1, within(1e-6));
    assertThat(published(collapsed, batch, "block.1.router.balance")).isCloseTo(4, within(1e-6));
  }

  private static RoutedFeedForward collapsed(RoutedFeedForward block) {
    Router router = new Router(block.layer(), 4, block.router().options(), block.router().weight(), null, new float[] {0, 0, 100, 0}, null);
    return new RoutedFeedForward(block.layer(), router, block.experts(), block.load());
  }

  private static double published(RoutedModel routed, TokenBatch batch, String name) {
    int inputs = batch.length() - 1;
    return routed.languageModel().trainingGraph(batch.batch(), inputs, Set.of()).outputs(batch.columns(0, inputs), List.of(name)).get(name)
        .getDouble(0);
  }

  @Test
  void should_count_padding_in_neither_loss() {
    RoutedModel routed = routed(o -> o.withTopK(2).withLosses(1, 1).withPaddingId(0));
    int[][] ids = Arrays.stream(batch.ids()).map(row -> Arrays.stream(row).map(id -> Math.max(1, id)).toArray()).toArray(int[][]::new);
    int[][] padded = Arrays.stream(ids).map(row -> Arrays.copyOf(row, row.length + 3)).toArray(int[][]::new);

    for (String loss : List.of("balance", "z")) {
      double plain = published(routed, new TokenBatch(Arrays.stream(ids).map(r -> Arrays.copyOf(r, r.length + 1)).toArray(int[][]::new)),
          "block.2.router." + loss);
      assertThat(published(routed, new TokenBatch(padded), "block.2.router." + loss)).isCloseTo(plain, within(1e-5));
    }
  }

  @Test
  void should_add_the_gradient_of_the_losses_and_report_cross_entropy_alone() {
    RoutedModel plain = routed(o -> o.withTopK(2));
    RoutedModel penalised = routed(o -> o.withTopK(2).withLosses(0, 0.5));
    String name = "transformer.h.0.router.weight";

    Gradients without = results(plain, batch, Set.of(name));
    Gradients with = results(penalised, batch, Set.of(name));
    double step = 1e-3;
    double up = zWith(penalised, step);
    double down = zWith(penalised, -step);

    assertThat(with.loss()).isCloseTo(without.loss(), within(1e-6));
    double difference = with.byParameter().get(name).getDouble(1, 3) - without.byParameter().get(name).getDouble(1, 3);
    assertThat(difference).isCloseTo((up - down) / (2 * step), within(1e-3));
  }

  /** The weighted z-loss of all blocks, with one weight of block 0's router moved. */
  private double zWith(RoutedModel routed, double step) {
    double before = routed.router(0).getDouble(1, 3);
    routed.router(0).putScalar(1, 3, before + step);
    double sum = 0;
    for (int layer = 0; layer < 4; layer++) {
      sum += published(routed, batch, "block.%d.router.z".formatted(layer)) * 0.5 / 4;
    }
    routed.router(0).putScalar(1, 3, before);
    return sum;
  }

  @Test
  void should_even_out_loads_by_biases() {
    RoutedModel routed = routed(o -> o.withTopK(1).withBalanceRate(0.02));
    double before = RoutingStatistics.of(routed, List.of(batch)).layers().stream()
        .mapToDouble(RoutingStatistics.Layer::maximumViolation).sum();

    RouterTraining.of(routed).learningRate(1e-6).steps(60).run(List.of(batch));

    RoutingStatistics after = RoutingStatistics.of(routed, List.of(batch));
    assertThat(after.layers().stream().mapToDouble(RoutingStatistics.Layer::maximumViolation).sum()).isLessThan(0.6 * before);
    INDArray biases = routed.languageModel().parameters().get("transformer.h.2.routing.balance");
    assertThat(biases.sumNumber().doubleValue()).isCloseTo(0, within(1e-5));
  }

  @Test
  void should_route_all_blocks_by_the_first_blocks_router() {
    RoutedModel routed = routed(o -> o.withShared(true));
    Map<String, INDArray> values = routed.languageModel().outputs(batch,
        List.of("block.0.router.probabilities", "block.3.router.probabilities"));

    assertThat(routed.routerParameterCount()).isEqualTo(4 * 32);
    assertThatArray(values.get("block.3.router.probabilities")).isBitEqualTo(values.get("block.0.router.probabilities"));
    RouterTraining.of(routed).steps(2).run(List.of(batch));
  }

  @Test
  void should_jitter_the_routers_input_in_training_alone() {
    RoutedModel still = routed(o -> o.withTopK(2));
    RoutedModel jittered = routed(o -> o.withTopK(2).withJitter(0.3));

    assertThatArray(jittered.logits(batch)).isBitEqualTo(still.logits(batch));
    assertThat(results(jittered, batch, jittered.trainedNames()).loss()).isNotEqualTo(results(still, batch, still.trainedNames()).loss());
    assertThat(results(jittered, batch, jittered.trainedNames()).loss()).as("the same seed")
        .isEqualTo(results(jittered, batch, jittered.trainedNames()).loss());
  }

  @Test
  void should_sharpen_by_a_low_temperature() {
    RoutedModel warm = routed(o -> o.withTemperature(1e6));
    RoutedModel zero = routed(o -> o.withInitialization(RouterInitialization.ZERO, 0));

    assertThatArray(warm.logits(batch)).isRelativelyCloseTo(zero.logits(batch), FLOAT);
  }

  @Test
  void should_train_a_hidden_layer() {
    RoutedModel routed = routed(o -> o.withHiddenUnits(8).withInitialization(RouterInitialization.ZERO, 3));

    List<Double> losses = RouterTraining.of(routed).learningRate(3e-2).steps(15).run(List.of(batch));

    assertThat(routed.routerParameterCount()).isEqualTo(4 * (8 * 32 + 8 * 4));
    assertThat(routed.loss(List.of(batch))).isLessThan(losses.get(0) - 0.02);
  }

  @Test
  void should_train_experts_too_if_asked() {
    RoutedModel routed = CrossLayerRouter.over(math.copy(), code.copy()).topK(1).build();
    INDArray first = routed.experts(2).get(0).mlp().parameters().values().iterator().next();
    INDArray before = first.dup();

    RouterTraining.of(routed).withExperts().steps(2).run(List.of(batch));

    assertThat(first.distance2(before)).isGreaterThan(1e-3);
  }

  @Test
  void should_prefer_the_model_whose_prompts_a_token_resembles() {
    RoutedModel routed = CrossLayerRouter.over(math, code).window(LayerWindow.upThenDown(2)).build();
    TokenBatch ones = new TokenBatch(new int[][] {{1, 2, 1, 2, 1, 2}, {2, 1, 2, 1, 2, 1}});
    TokenBatch others = new TokenBatch(new int[][] {{40, 41, 40, 41, 40, 41}, {41, 40, 41, 40, 41, 40}});

    routed.initializeFromPrompts(List.of(List.of(ones), List.of(others)));

    for (int layer = 0; layer < 4; layer++) {
      assertThat(routed.router(layer).getRow(0).norm2Number().doubleValue()).isCloseTo(1, within(1e-5));
      assertThatArray(routed.router(layer).getRow(2).dup()).as("another layer of the same model")
          .isBitEqualTo(routed.router(layer).getRow(0).dup());
      assertThat(RoutingStatistics.of(routed, List.of(ones)).layers().get(layer).meanProbability().get(0)).isGreaterThan(0.25);
      assertThat(RoutingStatistics.of(routed, List.of(others)).layers().get(layer).meanProbability().get(1)).isGreaterThan(0.25);
    }
    assertThatThrownBy(() -> routed.initializeFromPrompts(List.of(List.of(ones)))).hasMessageContaining("1 lists of prompts for 2 models");
    assertThatThrownBy(() -> routed.initializeFromPrompts(List.of(List.of(ones), List.of(ones)))).hasMessageContaining("model 0");
  }

  @Test
  void should_count_parameters() {
    RoutedModel routed = routed(o -> o.withTopK(2));
    long mlp = 32 * 128 * 2 + 128 + 32;

    ParameterCounts counts = routed.parameterCounts();

    assertThat(counts.trained()).isEqualTo(4 * 4 * 32);
    assertThat(counts.total()).isEqualTo(math.parameterCount() + 4 * mlp + counts.trained());
    assertThat(counts.active()).isEqualTo(math.parameterCount() + 4 * mlp + counts.trained());
  }

  @Test
  void should_name_the_block_whose_router_is_not_a_number() {
    for (int k : new int[] {2, 4}) {
      RoutedModel routed = routed(o -> o.withTopK(k));
      routed.router(2).putScalar(1, 1, Float.NaN);

      assertThatThrownBy(() -> routed.logits(batch)).isInstanceOf(ArithmeticException.class).hasMessageContaining("block 2");
      assertThatThrownBy(() -> routed.loss(List.of(batch))).isInstanceOf(ArithmeticException.class).hasMessageContaining("block 2");
    }
  }

  @Test
  void should_refuse_options_and_windows_that_do_not_fit() {
    assertThatThrownBy(() -> routed(o -> o.withTemperature(0))).hasMessageContaining("temperature is 0.0");
    assertThatThrownBy(() -> routed(o -> o.withJitter(1))).hasMessageContaining("jitter is 1.0");
    assertThatThrownBy(() -> routed(o -> o.withLosses(-1, 0))).hasMessageContaining("balanceLoss is -1.0");
    assertThatThrownBy(() -> CrossLayerRouter.over(math).window(LayerWindow.explicit(Map.of(0, List.of(0, 9)))).build())
        .hasMessageContaining("block 0").hasMessageContaining("[0, 9]");
    Map<Integer, List<Integer>> uneven = Map.of(0, List.of(0), 1, List.of(1, 2), 2, List.of(2), 3, List.of(3));
    assertThatThrownBy(() -> CrossLayerRouter.over(math).window(LayerWindow.explicit(uneven)).options(o -> o.withShared(true)).build())
        .hasMessageContaining("block 1 has 2 experts");
    assertThatThrownBy(() -> RouterTraining.of(routed(o -> o.withTopK(1).withSoftmaxOrder(SoftmaxOrder.AFTER_TOP_K))))
        .hasMessageContaining("gradient is zero");
  }
}
