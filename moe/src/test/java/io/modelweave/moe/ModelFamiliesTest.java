package io.modelweave.moe;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.testing.GoldenFamilies;
import io.modelweave.core.testing.GoldenModels;
import io.modelweave.core.text.TokenBatch;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Routing over models of every family; experts of one may come from another. */
class ModelFamiliesTest {

  private static final double FLOAT = 1e-5; // relative to the largest logit

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen2", "gpt_neox", "neox-sequential"})
  void should_be_the_host_when_every_expert_is_its_own_mlp(String name) {
    LanguageModel host = GoldenFamilies.load(name);
    TokenBatch batch = GoldenFamilies.batch(name);

    RoutedModel alone = CrossLayerRouter.over(host).build();
    RoutedModel twins = CrossLayerRouter.over(host, host.copy()).build();

    assertThatArray(alone.logits(batch)).isRelativelyCloseTo(host.logits(batch), FLOAT);
    assertThatArray(twins.logits(batch)).isRelativelyCloseTo(host.logits(batch), FLOAT);
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "gpt_neox"})
  void should_train_routers_over_frozen_experts(String name) {
    LanguageModel host = GoldenFamilies.load(name);
    TokenBatch batch = GoldenFamilies.batch(name);
    Map<String, INDArray> before = host.copy().parameters();
    RoutedModel routed = CrossLayerRouter.over(host).window(LayerWindow.upThenDown(3)).topK(2).build();

    List<Double> losses = RouterTraining.of(routed).learningRate(5e-2).steps(15).run(List.of(batch));

    assertThat(routed.loss(List.of(batch))).isLessThan(losses.get(0));
    host.parameters().forEach((parameter, array) -> assertThatArray(array).isBitEqualTo(before.get(parameter)));
  }

  @Test
  void should_route_a_llama_over_experts_of_gpt2_and_gpt_neox() {
    LanguageModel llama = GoldenFamilies.load("llama");
    LanguageModel neox = GoldenFamilies.load("gpt_neox");
    LanguageModel gpt2 = GoldenModels.load("gpt2-math");

    RoutedModel routed = CrossLayerRouter.over(llama, neox, gpt2).build();

    assertThat(routed.languageModel().parameters()).containsKeys("model.layers.3.mlp.gate_proj.weight",
        "experts.1.gpt_neox.layers.3.mlp.dense_h_to_4h.weight", "experts.2.transformer.h.3.mlp.c_fc.weight");
    assertThat(routed.loss(List.of(GoldenModels.batch()))).isFinite();
  }
}
