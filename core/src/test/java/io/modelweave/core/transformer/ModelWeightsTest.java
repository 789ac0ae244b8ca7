package io.modelweave.core.transformer;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.ModelMismatchException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class ModelWeightsTest {

  private static final LlamaConfiguration LLAMA = LlamaConfiguration.of(29, 32, 16, 2, 4, 2, 24);

  static Stream<TransformerConfiguration> families() {
    return Stream.of(Gpt2Configuration.of(29, 32, 16, 2, 4), LLAMA, GptNeoxConfiguration.of(29, 32, 32, 2, 4));
  }

  @ParameterizedTest
  @MethodSource("families")
  void should_find_parameters_without_the_prefix_of_the_base_model(TransformerConfiguration configuration) {
    Map<String, INDArray> stored = ModelWeights.random(configuration, 1);
    Map<String, INDArray> bare = new LinkedHashMap<>();
    stored.forEach((name, array) -> bare.put(name.replaceFirst("^(transformer|model|gpt_neox)[.]", ""), array));

    Map<String, INDArray> read = ModelWeights.read(configuration, Checkpoint.of(bare));

    stored.forEach((name, array) -> assertThatArray(read.get(name)).isBitEqualTo(array));
  }

  @Test
  void should_ignore_buffers_and_other_heads() {
    Map<String, INDArray> stored = llamaWith("model.layers.0.self_attn.rotary_emb.inv_freq", Nd4j.ones(4));
    stored.put("score.weight", Nd4j.ones(2, 16));

    assertThatArray(ModelWeights.read(LLAMA, Checkpoint.of(stored)).get("model.norm.weight")).isCloseTo(Nd4j.ones(16), 0);

    GptNeoxConfiguration neox = GptNeoxConfiguration.of(29, 32, 32, 2, 4);
    Map<String, INDArray> pythia = ModelWeights.random(neox, 1);
    pythia.put("gpt_neox.layers.0.attention.bias", Nd4j.ones(1, 1, 32, 32));
    pythia.put("gpt_neox.layers.0.attention.masked_bias", Nd4j.scalar(-1e9f));
    pythia.put("gpt_neox.layers.0.attention.rotary_emb.inv_freq", Nd4j.ones(1));

    assertThat(LanguageModel.of(neox, Checkpoint.of(pythia)).parameters().keySet())
        .containsExactlyInAnyOrderElementsOf(neox.shapes().keySet());
  }

  @Test
  void should_refuse_tensors_of_a_block_that_the_configuration_does_not_call_for() {
    Map<String, INDArray> stored = llamaWith("model.layers.0.self_attn.q_proj.bias", Nd4j.ones(16));
    stored.put("model.layers.2.input_layernorm.weight", Nd4j.ones(16));

    assertThatThrownBy(() -> ModelWeights.read(LLAMA, Checkpoint.of(stored))).isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("\"model.layers.0.self_attn.q_proj.bias\" [16] is not called for")
        .hasMessageContaining("\"model.layers.2.input_layernorm.weight\" [16] is not called for");
  }

  @Test
  void should_list_all_that_is_missing_or_has_another_shape() {
    Map<String, INDArray> stored = ModelWeights.random(LLAMA, 1);
    stored.remove("lm_head.weight");
    stored.put("model.layers.1.mlp.up_proj.weight", Nd4j.ones(DataType.FLOAT, 16, 24));

    assertThatThrownBy(() -> ModelWeights.read(LLAMA, Checkpoint.of(stored))).isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("\"lm_head.weight\" [29, 16] is missing")
        .hasMessageContaining("\"model.layers.1.mlp.up_proj.weight\" is [16, 24], the configuration says [24, 16]");
  }

  private static Map<String, INDArray> llamaWith(String name, INDArray array) {
    Map<String, INDArray> stored = ModelWeights.random(LLAMA, 1);
    stored.put(name, array);
    return stored;
  }
}
