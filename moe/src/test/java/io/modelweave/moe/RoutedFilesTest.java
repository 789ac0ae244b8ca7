package io.modelweave.moe;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.testing.GoldenFamilies;
import io.modelweave.core.testing.GoldenModels;
import io.modelweave.core.text.TokenBatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.indexing.NDArrayIndex;

class RoutedFilesTest {

  @TempDir private Path folder;
  private final TokenBatch batch = GoldenModels.batch();
  private final LanguageModel math = GoldenModels.load("gpt2-math");
  private final LanguageModel code = GoldenModels.load("gpt2-code");

  private RoutedModel routed() {
    return CrossLayerRouter.over(math, code).window(LayerWindow.symmetric(2)).topK(3).initialization(RouterInitialization.PAPER)
        .options(o -> o.withBalanceRate(0.1).withTemperature(1.5).withRenormalise(true)).build();
  }

  @Test
  void should_come_back_from_a_bundle_as_it_was() {
    RoutedModel routed = routed();
    RouterTraining.of(routed).steps(2).run(List.of(batch));

    routed.save(folder.resolve("bundle"));
    RoutedModel loaded = RoutedModel.load(folder.resolve("bundle"));

    assertThat(loaded.options()).isEqualTo(routed.options());
    assertThat(loaded.parameterCounts()).isEqualTo(routed.parameterCounts());
    assertThatArray(loaded.logits(batch)).isBitEqualTo(routed.logits(batch));
  }

  @Test
  void should_come_back_by_reference_and_refuse_other_experts() {
    math.save(folder.resolve("math"));
    code.save(folder.resolve("code"));
    RoutedModel routed = routed();

    routed.save(folder.resolve("routers"), List.of(folder.resolve("math"), folder.resolve("code")));

    assertThat(folder.resolve("routers/models")).doesNotExist();
    assertThatArray(RoutedModel.load(folder.resolve("routers")).logits(batch)).isBitEqualTo(routed.logits(batch));
    LanguageModel other = code.copy();
    other.feedForward(1).parameters().values().iterator().next().putScalar(0, 7);
    other.checkpoint().write(folder.resolve("code/model.safetensors"), true);
    assertThatThrownBy(() -> RoutedModel.load(folder.resolve("routers"))).isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("code").hasMessageContaining("checksum");
  }

  @Test
  void should_refuse_to_replace_and_to_read_what_is_something_else() throws IOException {
    routed().save(folder.resolve("bundle"));

    assertThatThrownBy(() -> routed().save(folder.resolve("bundle"))).hasMessageContaining("cannot save the routed model");
    assertThatThrownBy(() -> routed().save(folder.resolve("new"), List.of(folder))).hasMessageContaining("1 checkpoints for 2 models");
    assertThatThrownBy(() -> RoutedModel.load(folder.resolve("nowhere"))).hasMessageContaining("routing.json");
    Files.writeString(folder.resolve("bundle/routing.json"), "{\"format\": \"other\"}");
    assertThatThrownBy(() -> RoutedModel.load(folder.resolve("bundle"))).hasMessageContaining("\"other\"");
  }

  @ParameterizedTest
  @EnumSource(MixtureLayout.class)
  void should_export_mixtral_tensors(MixtureLayout layout) throws IOException {
    LanguageModel llama = GoldenFamilies.load("llama");
    LanguageModel second = llama.copy();
    second.feedForward(0).parameters().values().forEach(array -> array.muli(0.5));
    RoutedModel routed = CrossLayerRouter.over(llama, second).topK(1).options(o -> o.withTemperature(2)).renormalise(true)
        .initialization(RouterInitialization.PAPER).build();

    routed.export(folder.resolve("mixtral"), layout);

    try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("mixtral"))) {
      if (layout == MixtureLayout.LEGACY) {
        assertThatArray(checkpoint.tensor("model.layers.0.block_sparse_moe.experts.1.w1.weight"))
            .isBitEqualTo(second.parameters().get("model.layers.0.mlp.gate_proj.weight"));
        assertThatArray(checkpoint.tensor("model.layers.0.block_sparse_moe.experts.0.w3.weight"))
            .isBitEqualTo(llama.parameters().get("model.layers.0.mlp.up_proj.weight"));
        assertThatArray(checkpoint.tensor("model.layers.1.block_sparse_moe.gate.weight")).isCloseTo(routed.router(1).div(2), 1e-7);
      } else {
        long units = llama.parameters().get("model.layers.0.mlp.up_proj.weight").size(0);
        assertThatArray(checkpoint.tensor("model.layers.0.mlp.experts.gate_up_proj").get(NDArrayIndex.point(1),
            NDArrayIndex.interval(units, 2 * units), NDArrayIndex.all()).dup())
            .isBitEqualTo(second.parameters().get("model.layers.0.mlp.up_proj.weight"));
      }
      assertThat(checkpoint.names()).noneMatch(name -> name.contains("mlp.gate_proj") || name.contains("router"));
    }
    assertThat(Files.readString(folder.resolve("mixtral/config.json"))).contains("MixtralForCausalLM", "\"num_local_experts\" : 2");
  }

  @Test
  void should_list_all_that_a_layout_cannot_express() {
    LanguageModel llama = GoldenFamilies.load("llama");
    RoutedModel wide = CrossLayerRouter.over(llama).window(LayerWindow.upThenDown(2)).topK(1).options(o -> o.withHiddenUnits(4)).build();

    assertThatThrownBy(() -> wide.export(folder.resolve("no"), MixtureLayout.LEGACY)).isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("hidden layer").hasMessageContaining("comes from another layer").hasMessageContaining("renormalises");
    assertThatThrownBy(() -> routed().export(folder.resolve("no"), MixtureLayout.LEGACY)).hasMessageContaining("the host is a Gpt2");
    assertThat(folder.resolve("no")).doesNotExist();
  }
}
