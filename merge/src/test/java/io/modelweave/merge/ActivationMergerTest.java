package io.modelweave.merge;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.testing.GoldenModels;
import io.modelweave.core.transformer.Gpt2Configuration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ActivationMergerTest {

  private final LanguageModel math = GoldenModels.load("gpt2-math");
  private final LanguageModel code = GoldenModels.load("gpt2-code");

  static List<JsonNode> cases() {
    return GoldenModels.cases("activation-interpolation");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void should_compute_the_interpolation_of_the_paper(JsonNode expected) {
    LanguageModel mixed = ActivationMerger.interpolate(math, code, expected.get("alpha").asDouble());

    assertThatArray(mixed.logits(GoldenModels.batch())).isRelativelyCloseTo(GoldenModels.expected(expected.get("tensor").asText()), 1e-4);
    assertThat(mixed.loss(List.of(GoldenModels.batch()))).isCloseTo(expected.get("loss").asDouble(), within(4.4e-4));
  }

  @Test
  void should_be_the_host_bit_for_bit_at_alpha_zero() {
    assertThatArray(ActivationMerger.interpolate(math, code, 0).logits(GoldenModels.batch())).isBitEqualTo(math.logits(GoldenModels.batch()));
  }

  @Test
  void should_share_parameters_with_both_models() {
    LanguageModel mixed = ActivationMerger.interpolate(math, code, 0.5);

    assertThat(mixed.parameters().get("transformer.h.0.mlp.c_fc.weight")).isSameAs(math.parameters().get("transformer.h.0.mlp.c_fc.weight"));
    assertThat(mixed.parameters().get("experts.1.transformer.h.0.mlp.c_fc.weight"))
        .isSameAs(code.parameters().get("transformer.h.0.mlp.c_fc.weight"));
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 2, Double.NaN})
  void should_refuse_a_weight_outside_the_unit_interval(double alpha) {
    assertThatThrownBy(() -> ActivationMerger.interpolate(math, code, alpha)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("alpha is " + alpha).hasMessageContaining("[0, 1]");
  }

  @Test
  void should_list_all_that_keeps_two_models_from_being_mixed() {
    LanguageModel narrow = LanguageModel.random(Gpt2Configuration.of(61, 20, 16, 3, 2), 1);

    assertThatThrownBy(() -> ActivationMerger.interpolate(math, narrow, 0.5)).isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("width is 32 against 16").hasMessageContaining("4 layers against 3");
    assertThatThrownBy(() -> ActivationMerger.interpolate(ActivationMerger.interpolate(math, code, 0.5), code, 0.5))
        .hasMessageContaining("block 0 of model 0 holds a MixedFeedForward");
  }
}
