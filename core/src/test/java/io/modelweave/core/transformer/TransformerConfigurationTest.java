package io.modelweave.core.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.transformer.LlamaConfiguration.Family;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TransformerConfigurationTest {

  private static final String LLAMA = "\"model_type\":\"llama\",\"vocab_size\":29,\"hidden_size\":16,\"intermediate_size\":24,"
      + "\"num_hidden_layers\":2,\"num_attention_heads\":4,\"num_key_value_heads\":2,\"max_position_embeddings\":32";
  private static final String QWEN2 = LLAMA.replace("llama", "qwen2");
  private static final String MISTRAL = LLAMA.replace("llama", "mistral");
  private static final String NEOX = "\"model_type\":\"gpt_neox\",\"vocab_size\":29,\"hidden_size\":64,\"intermediate_size\":256,"
      + "\"num_hidden_layers\":2,\"num_attention_heads\":4,\"max_position_embeddings\":32";
  private static final String GPT2 = "\"model_type\":\"gpt2\",\"vocab_size\":29,\"n_embd\":16,\"n_layer\":2,\"n_head\":4,"
      + "\"n_positions\":32";

  @TempDir private Path folder;

  private TransformerConfiguration read(String fields) {
    try {
      Files.writeString(folder.resolve("config.json"), "{" + fields + "}");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return TransformerConfiguration.read(folder);
  }

  @Test
  void should_read_rotary_settings_of_transformers_4_and_5_alike() {
    String llama3 = "\"rope_type\":\"llama3\",\"factor\":8.0,\"low_freq_factor\":1.0,\"high_freq_factor\":4.0,"
        + "\"original_max_position_embeddings\":8192";

    TransformerConfiguration before =
        read(LLAMA + ",\"torch_dtype\":\"bfloat16\",\"rope_theta\":500000.0,\"rope_scaling\":{" + llama3 + "}");
    TransformerConfiguration since = read(LLAMA + ",\"dtype\":\"bfloat16\",\"rope_parameters\":{\"rope_theta\":500000.0," + llama3 + "}");

    assertThat(before).isEqualTo(since);
    assertThat(((LlamaConfiguration) since).rotary())
        .isEqualTo(new RotaryEmbedding(500000, 1, new RotaryScaling.Llama3(8, 1, 4, 8192)));
    assertThat(read(LLAMA + ",\"rope_scaling\":{\"type\":\"linear\",\"factor\":2}"))
        .isEqualTo(read(LLAMA + ",\"rope_parameters\":{\"rope_type\":\"linear\",\"factor\":2.0,\"rope_theta\":10000}"));
    assertThat(read(NEOX + ",\"rotary_pct\":0.5,\"rotary_emb_base\":500,\"rope_scaling\":null"))
        .isEqualTo(read(NEOX + ",\"rope_parameters\":{\"rope_type\":\"default\",\"partial_rotary_factor\":0.5,\"rope_theta\":500}"));
  }

  @Test
  void should_take_the_defaults_of_each_family() {
    assertThat(((LlamaConfiguration) read(LLAMA)).rotary()).isEqualTo(RotaryEmbedding.of(10000));
    assertThat(((LlamaConfiguration) read(LLAMA)).headWidth()).isEqualTo(4);
    assertThat(((LlamaConfiguration) read(MISTRAL)).window()).isEqualTo(new SlidingWindow(4096, List.of(0, 1)));
    assertThat(((LlamaConfiguration) read(MISTRAL + ",\"sliding_window\":null")).window()).isNull();
    assertThat(((LlamaConfiguration) read(QWEN2 + ",\"sliding_window\":4")).window()).isNull();
    assertThat(((LlamaConfiguration) read(QWEN2 + ",\"sliding_window\":4,\"use_sliding_window\":true,\"max_window_layers\":1")).window())
        .isEqualTo(new SlidingWindow(4, List.of(1)));
    assertThat(((GptNeoxConfiguration) read(NEOX)).rotary().fraction()).isEqualTo(0.25);
    assertThat(read(LLAMA).tiedHead()).isFalse();
    assertThat(read(GPT2).tiedHead()).isTrue();
  }

  static Stream<TransformerConfiguration> configurations() {
    return Stream.of(
        Gpt2Configuration.of(29, 32, 16, 2, 4),
        LlamaConfiguration.of(29, 32, 16, 2, 4, 2, 24),
        new LlamaConfiguration(Family.LLAMA, 29, 32, 16, 2, 4, 1, 6, 24, 1e-5,
            new RotaryEmbedding(5e5, 1, new RotaryScaling.Llama3(8, 1, 4, 16)), null, true, true, true),
        new LlamaConfiguration(Family.MISTRAL, 29, 32, 16, 2, 4, 1, 6, 24, 1e-5, RotaryEmbedding.of(1e6), SlidingWindow.of(8, 0, 2),
            false, false, false),
        new LlamaConfiguration(Family.QWEN2, 29, 32, 16, 2, 4, 1, 6, 24, 1e-5, RotaryEmbedding.of(1e6),
            new SlidingWindow(8, List.of(0)), false, false, true),
        new LlamaConfiguration(Family.QWEN2, 29, 32, 16, 2, 4, 1, 6, 24, 1e-5,
            new RotaryEmbedding(1e6, 1, new RotaryScaling.Linear(2)), null, false, false, true),
        GptNeoxConfiguration.of(29, 32, 64, 2, 4),
        new GptNeoxConfiguration(29, 32, 64, 2, 4, 100, Gelu.TANH, 1e-6,
            new RotaryEmbedding(500, 1, new RotaryScaling.Linear(3)), false, false, true));
  }

  @ParameterizedTest
  @MethodSource("configurations")
  void should_read_what_it_writes(TransformerConfiguration configuration) {
    String json = configuration.toJson().strip();

    assertThat(read(json.substring(1, json.length() - 1))).isEqualTo(configuration);
  }

  @ParameterizedTest
  @ValueSource(strings = {"mixtral", "gpt_neo", ""})
  void should_name_an_architecture_that_it_does_not_know(String type) {
    assertThatThrownBy(() -> read("\"model_type\":\"" + type + "\"")).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("config.json").hasMessageContaining("model_type \"" + type + "\" is not supported")
        .hasMessageContaining("gpt2, llama, mistral, qwen2 and gpt_neox");
  }

  @ParameterizedTest
  @ValueSource(strings = {"dynamic", "yarn", "longrope", "mrope"})
  void should_name_a_rotary_scaling_that_it_does_not_compute(String type) {
    assertThatThrownBy(() -> read(LLAMA + ",\"rope_scaling\":{\"type\":\"" + type + "\",\"factor\":2}"))
        .hasMessageContaining("rope_type \"" + type + "\" is not supported").hasMessageContaining("default, linear and llama3");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "'\"hidden_act\":\"relu\"' | hidden_act \"relu\" is not supported",
      "'\"quantization_config\":{\"bits\":4}' | quantization_config is not supported",
      "'\"head_dim\":5' | head_dim 5 is odd; rotary positions turn pairs of features",
      "'\"num_key_value_heads\":3' | num_attention_heads 4 is not a multiple of num_key_value_heads 3",
      "'\"attention_bias\":1' | attention_bias is 1, must be true or false",
      "'\"rms_norm_eps\":0' | rms_norm_eps is 0, must be a positive number",
      "'\"rope_parameters\":{\"partial_rotary_factor\":0.5}' | partial_rotary_factor 0.5 is not supported; whole heads turn in llama",
      "'\"rope_parameters\":{\"full_attention\":{\"rope_theta\":10}}' | rotary settings that differ between layer types",
      "'\"rope_parameters\":7' | rope_parameters is 7, must be an object",
      "'\"rope_scaling\":{\"type\":\"linear\"}' | rope_scaling.factor is missing",
      "'\"rope_scaling\":{\"rope_type\":\"llama3\",\"factor\":8}' | rope_scaling.original_max_position_embeddings is missing"})
  void should_name_a_setting_that_it_does_not_compute(String field, String message) {
    assertThatThrownBy(() -> read(LLAMA + "," + field)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("config.json").hasMessageContaining(message);
  }

  @Test
  void should_name_settings_of_the_other_families_that_it_does_not_compute() {
    assertThatThrownBy(() -> read(GPT2 + ",\"scale_attn_by_inverse_layer_idx\":true,\"scale_attn_weights\":false"))
        .hasMessageContaining("scale_attn_by_inverse_layer_idx = true").hasMessageContaining("scale_attn_weights = false");
    assertThatThrownBy(() -> read(GPT2 + ",\"activation_function\":\"relu\"")).hasMessageContaining("activation_function \"relu\"");
    assertThatThrownBy(() -> read(NEOX + ",\"hidden_act\":\"relu\",\"rotary_pct\":1.5"))
        .hasMessageContaining("hidden_act \"relu\"").hasMessageContaining("rotary fraction is 1.5");
    assertThatThrownBy(() -> read(NEOX + ",\"rotary_pct\":0.1")).hasMessageContaining("1 features of a head turn");
    assertThatThrownBy(() -> read(QWEN2 + ",\"sliding_window\":4,\"use_sliding_window\":true,\"layer_types\":[\"full_attention\"]"))
        .hasMessageContaining("layer_types is [full_attention]").hasMessageContaining("2 layers");
  }

  @Test
  void should_list_all_problems_at_once() {
    assertThatThrownBy(() -> read("\"model_type\":\"llama\",\"vocab_size\":\"x\",\"hidden_size\":15,\"num_attention_heads\":4,"
        + "\"hidden_act\":\"relu\",\"rope_scaling\":{\"type\":\"yarn\"},\"num_hidden_layers\":-2"))
        .hasMessageContaining("vocab_size is \"x\", must be a positive integer").hasMessageContaining("max_position_embeddings is missing")
        .hasMessageContaining("num_hidden_layers is -2").hasMessageContaining("intermediate_size is missing")
        .hasMessageContaining("hidden_size 15 is not a multiple of num_attention_heads 4")
        .hasMessageContaining("relu").hasMessageContaining("yarn");
    assertThatThrownBy(() -> new LlamaConfiguration(Family.QWEN2, 0, 32, 16, 2, 4, 3, 5, 24, 1e-5, RotaryEmbedding.of(10),
        SlidingWindow.of(3, 0, 4), true, false, false))
        .hasMessageContaining("vocabularySize is 0").hasMessageContaining("heads 4 is not a multiple of keyValueHeads 3")
        .hasMessageContaining("headWidth 5 is odd")
        .hasMessageContaining("belong to Llama").hasMessageContaining("blocks [2, 3], there are 2");
    assertThatThrownBy(() -> Gpt2Configuration.of(10, -1, 15, 2, 4)).hasMessageContaining("contextLength is -1")
        .hasMessageContaining("width 15 is not a multiple of heads 4");
  }

  @Test
  void should_refuse_what_is_no_json_or_not_there() {
    assertThatThrownBy(() -> read("\"model_type\"")).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("is not JSON");
    assertThatThrownBy(() -> TransformerConfiguration.read(folder.resolve("nowhere"))).isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("a model directory holds config.json and model.safetensors");
  }
}
