package io.modelweave.merge;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.testing.GoldenModels;
import io.modelweave.core.transformer.Gpt2Configuration;
import org.junit.jupiter.api.Test;

class MergerLanguageModelsTest {

  private final LanguageModel math = GoldenModels.load("gpt2-math");
  private final LanguageModel code = GoldenModels.load("gpt2-code");

  @Test
  void should_return_either_model_bit_for_bit_at_the_ends() {
    Merger.interpolate(math, code, 0).parameters().forEach((name, array) -> assertThatArray(array).isBitEqualTo(math.parameters()
        .get(name)));
    Merger.interpolate(math, code, 1).parameters().forEach((name, array) -> assertThatArray(array).isBitEqualTo(code.parameters()
        .get(name)));
  }

  @Test
  void should_mix_every_parameter_and_leave_both_models_as_they_were() {
    LanguageModel mathBefore = math.copy();

    LanguageModel mixed = Merger.interpolate(math, code, 0.25);
    mixed.parameters().values().forEach(array -> array.addi(1)); // would show through a shared array

    mixed.parameters().forEach((name, array) -> assertThatArray(array)
        .isCloseTo(math.parameters().get(name).mul(0.75).add(code.parameters().get(name).mul(0.25)).add(1), 1e-6));
    math.parameters().forEach((name, array) -> assertThatArray(array).isBitEqualTo(mathBefore.parameters().get(name)));
  }

  @Test
  void should_merge_by_any_method_as_well() {
    Checkpoint merged = Merger.of(math, code).base(GoldenModels.load("gpt2-base")).method(Ties.density(1).mergekit()).weights(0.25, 0.75)
        .merge();
    LanguageModel half = LanguageModel.of(math.configuration(), Merger.of(math, code).alpha(0.5).merge());

    Merger.interpolate(math, code, 0.5).parameters().forEach((name, array) -> assertThatArray(half.parameters().get(name))
        .isBitEqualTo(array));
    assertThatArray(merged.tensor("transformer.wte.weight")).hasShape(math.parameters().get("transformer.wte.weight").shape());
  }

  @Test
  void should_list_every_difference() {
    LanguageModel other = LanguageModel.random(Gpt2Configuration.of(61, 20, 16, 4, 2), 1);

    assertThatThrownBy(() -> Merger.interpolate(math, other, 0.5)).isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("configuration").hasMessageContaining("transformer.wte.weight").hasMessageContaining("[61, 16]");
  }
}
