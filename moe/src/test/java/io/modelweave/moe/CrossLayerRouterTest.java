package io.modelweave.moe;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.testing.GoldenModels;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.transformer.Gpt2Configuration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class CrossLayerRouterTest {

  private static final double FLOAT = 1e-4; // relative to the largest expected value, as the reference states

  private final TokenBatch batch = GoldenModels.batch();
  private final LanguageModel math = GoldenModels.load("gpt2-math");
  private final LanguageModel code = GoldenModels.load("gpt2-code");

  static List<JsonNode> routedCases() {
    return GoldenModels.cases("routed");
  }

  @ParameterizedTest
  @MethodSource("routedCases")
  void should_compute_logits_loss_and_router_gradients_of_the_papers_code(JsonNode expected) {
    int window = expected.get("window").asInt();
    int topK = expected.get("top_k").asInt();
    String prefix = "routed.window-%d.top-%d.".formatted(window, topK);
    RoutedModel routed = CrossLayerRouter.over(math, code).window(LayerWindow.upThenDown(window)).topK(topK).build();
    for (int layer = 0; layer < 4; layer++) {
      routed.router(layer).assign(GoldenModels.expected(prefix + "router." + layer + ".weight"));
      assertThat(expertOrder(routed, layer)).isEqualTo(expected.get("expert_order").get(layer).toString());
    }

    assertThatArray(routed.logits(batch)).isRelativelyCloseTo(GoldenModels.expected(prefix + "logits"), FLOAT);
    assertThat(routed.loss(List.of(batch))).isCloseTo(expected.get("loss").asDouble(), within(4.4e-4));
    Map<String, INDArray> gradients = routerGradients(routed);
    for (int layer = 0; layer < 4; layer++) {
      assertThatArray(gradients.get("transformer.h.%d.router.weight".formatted(layer)))
          .isRelativelyCloseTo(GoldenModels.expected(prefix + "router." + layer + ".grad"), FLOAT);
    }
  }

  private static String expertOrder(RoutedModel routed, int layer) {
    return routed.experts(layer).stream().map(e -> "[\"%s\",%d]".formatted(e.model() == 0 ? "math" : "code", e.layer()))
        .collect(Collectors.joining(",", "[", "]"));
  }

  private Map<String, INDArray> routerGradients(RoutedModel routed) {
    Set<String> routers = IntStream.range(0, 4).mapToObj("transformer.h.%d.router.weight"::formatted).collect(Collectors.toSet());
    return routed.languageModel().trainingGraph(batch.batch(), batch.length() - 1, routers)
        .gradients(batch.columns(0, batch.length() - 1), batch.columns(1, batch.length())).byParameter();
  }

  @Test
  void should_equal_the_dense_model_when_there_is_one_expert() {
    RoutedModel routed = CrossLayerRouter.over(math).initialization(RouterInitialization.PAPER).build();

    assertThatArray(routed.logits(batch)).isRelativelyCloseTo(math.logits(batch), 1e-6); // GELU is computed in two ways
  }

  @Test
  void should_equal_the_dense_model_when_all_experts_are_the_same() {
    RoutedModel routed = CrossLayerRouter.over(math, math.copy(), math.copy()).initialization(RouterInitialization.PAPER).topK(2)
        .renormalise(true).build();

    assertThatArray(routed.logits(batch)).isCloseTo(math.logits(batch), 1e-5);
  }

  @Test
  void should_keep_exactly_the_first_k_experts_when_all_are_equally_probable() {
    RoutedModel firstOnly = CrossLayerRouter.over(math, code).topK(1).renormalise(true).build();

    assertThatArray(firstOnly.logits(batch)).isCloseTo(math.logits(batch), 1e-5);
  }

  @Test
  void should_give_the_same_output_when_experts_and_router_rows_are_permuted() {
    RoutedModel forward = CrossLayerRouter.over(math, code).initialization(RouterInitialization.PAPER).seed(3).build();
    LanguageModel host = math.withFeedForwards(IntStream.range(0, 4).mapToObj(l -> swapped(forward, l)).toList());

    assertThatArray(host.logits(batch)).isCloseTo(forward.logits(batch), 1e-5);
  }

  private static RoutedFeedForward swapped(RoutedModel routed, int layer) {
    INDArray rows = Nd4j.stack(0, routed.router(layer).getRow(1), routed.router(layer).getRow(0)).dup();
    Router router = new Router(layer, 4, RouterOptions.defaults().withTopK(2), rows, null, new float[2], null);
    return new RoutedFeedForward(layer, router, List.of(routed.experts(layer).get(1), routed.experts(layer).get(0)), new LoadCounter(2));
  }

  @ParameterizedTest
  @EnumSource(RouterInitialization.class)
  void should_publish_probabilities_that_sum_to_one(RouterInitialization initialization) {
    RoutedModel routed = CrossLayerRouter.over(math, code).window(LayerWindow.upThenDown(2)).initialization(initialization).build();

    String name = "block.2.router.probabilities";
    INDArray probabilities = routed.languageModel().outputs(batch, List.of(name)).get(name);

    assertThatArray(probabilities).hasShape(3, 12, 4);
    assertThatArray(probabilities.sum(2)).isCloseTo(Nd4j.ones(3, 12), 1e-6);
    if (initialization == RouterInitialization.OWN_LAYER) {
      assertThat(probabilities.getDouble(0, 0, 0)).isCloseTo(1 / (2 + 2 * Math.exp(-3)), within(1e-6));
    }
  }

  @Test
  void should_share_experts_and_train_routers_alone() {
    LanguageModel mathBefore = math.copy();
    LanguageModel codeBefore = code.copy();
    RoutedModel routed = CrossLayerRouter.over(math, code).window(LayerWindow.upThenDown(3)).topK(4).build();
    assertThat(routed.languageModel().parameterCount())
        .isEqualTo(math.parameterCount() + 4 * (32 * 128 * 2 + 128 + 32) + routed.routerParameterCount());

    List<Double> losses = RouterTraining.of(routed).learningRate(5e-2).steps(20).run(List.of(batch));

    assertThat(routed.loss(List.of(batch))).isLessThan(losses.get(0) - 0.05);
    math.parameters().forEach((name, array) -> assertThatArray(array).isBitEqualTo(mathBefore.parameters().get(name)));
    code.parameters().forEach((name, array) -> assertThatArray(array).isBitEqualTo(codeBefore.parameters().get(name)));
  }

  @Test
  void should_refuse_what_cannot_be_routed() {
    LanguageModel narrow = LanguageModel.random(Gpt2Configuration.of(61, 20, 16, 3, 2), 1);

    assertThatThrownBy(() -> CrossLayerRouter.over(math, narrow)).isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("width 16").hasMessageContaining("3 layers");
    assertThatThrownBy(() -> CrossLayerRouter.over(math, code).topK(3).build()).hasMessageContaining("topK is 3, block 0 has 2 experts");
    assertThatThrownBy(() -> CrossLayerRouter.over(math, code).topK(0)).hasMessageContaining("topK is 0");
    assertThatThrownBy(() -> CrossLayerRouter.over(math, code).window(LayerWindow.upThenDown(5)).build()).hasMessageContaining("5 layers");
    assertThatThrownBy(() -> LayerWindow.upThenDown(0)).hasMessageContaining("0 layers");
    assertThatThrownBy(() -> RouterTraining.of(CrossLayerRouter.over(math, code).topK(1).renormalise(true).build()))
        .hasMessageContaining("blocks [0, 1, 2, 3]").hasMessageContaining("gradient is zero");
  }
}
