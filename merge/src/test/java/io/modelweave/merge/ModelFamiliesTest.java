package io.modelweave.merge;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.testing.GoldenFamilies;
import io.modelweave.core.testing.GoldenModels;
import io.modelweave.core.text.TokenBatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Both kinds of interpolation for models of every family. */
class ModelFamiliesTest {

  private static final double FLOAT = 1e-5; // relative to the largest logit

  private static LanguageModel perturbed(LanguageModel model) {
    LanguageModel other = model.copy();
    other.parameters().values().forEach(array -> array.muli(1.1));
    return other;
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen2", "gpt_neox", "neox-sequential"})
  void should_mix_what_mlps_compute(String name) {
    LanguageModel host = GoldenFamilies.load(name);
    LanguageModel other = perturbed(host);
    TokenBatch batch = GoldenFamilies.batch(name);

    assertThatArray(ActivationMerger.interpolate(host, other, 0).logits(batch)).isBitEqualTo(host.logits(batch));
    assertThatArray(ActivationMerger.interpolate(host, host.copy(), 0.3).logits(batch)).isRelativelyCloseTo(host.logits(batch), FLOAT);
    LanguageModel transplanted = host.copy();
    other.parameters().forEach((parameter, array) -> {
      if (parameter.contains(".mlp.")) {
        transplanted.parameters().get(parameter).assign(array);
      }
    });
    assertThatArray(ActivationMerger.interpolate(host, other, 1).logits(batch)).isBitEqualTo(transplanted.logits(batch));
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama3-rope", "mistral-window", "qwen2-window", "neox-tied"})
  void should_interpolate_weights_and_save_them_in_hugging_face_layout(String name, @TempDir Path folder) {
    LanguageModel a = GoldenFamilies.load(name);
    LanguageModel b = perturbed(a);

    Merger.interpolate(a, b, 0.5).save(folder.resolve("merged"));

    LanguageModel merged = LanguageModel.load(folder.resolve("merged"));
    assertThat(merged.configuration()).isEqualTo(a.configuration());
    merged.parameters().forEach((parameter, array) -> assertThatArray(array).isCloseTo(a.parameters().get(parameter).mul(1.05), 1e-6));
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen2", "gpt_neox", "neox-tied", "mistral-window"})
  void should_merge_files_that_load_as_a_model(String name, @TempDir Path folder) {
    LanguageModel base = GoldenFamilies.load(name);
    LanguageModel other = perturbed(base);

    Merger.of(other, base).base(base).method(new TaskArithmetic()).weights(0.5, 1).writeTo(folder.resolve("merged"));

    LanguageModel merged = LanguageModel.load(folder.resolve("merged"));
    assertThat(merged.configuration()).isEqualTo(base.configuration());
    merged.parameters().forEach((parameter, array) -> assertThatArray(array).isCloseTo(base.parameters().get(parameter).mul(1.05), 1e-6));
    TokenBatch batch = GoldenFamilies.batch(name);
    assertThatArray(merged.logits(batch)).isRelativelyCloseTo(Merger.interpolate(base, other, 0.5).logits(batch), FLOAT);
  }

  @Test
  void should_merge_files_of_gpt2_and_refuse_to_mix_configurations_or_replace_one(@TempDir Path folder) throws IOException {
    LanguageModel math = LanguageModel.load(GoldenModels.directory("gpt2-math"));
    LanguageModel code = LanguageModel.load(GoldenModels.directory("gpt2-code"));
    Path merged = folder.resolve("merged");

    Merger.of(math, code).alpha(0.5).writeTo(merged);

    assertThatArray(LanguageModel.load(merged).logits(GoldenModels.batch()))
        .isBitEqualTo(Merger.interpolate(math, code, 0.5).logits(GoldenModels.batch()));
    assertThatThrownBy(() -> Merger.of(math, GoldenFamilies.load("llama")).merge())
        .isInstanceOf(ModelMismatchException.class).hasMessageContaining("the configuration is");
    Files.delete(merged.resolve("model.safetensors"));
    assertThatThrownBy(() -> Merger.of(math, code).writeTo(merged))
        .isInstanceOf(ModelMismatchException.class).hasMessageContaining("config.json is there already");
  }
}
