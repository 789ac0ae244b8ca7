package io.modelweave.merge.alignment;

import io.modelweave.core.transformer.GptNeoxConfiguration;
import java.util.List;

/** The units of GPT-NeoX; matrices are {@code [out, in]}, query, key and value of a head beside each other. */
final class GptNeoxUnits extends TransformerUnits {

  private static final int QUERY_KEY_VALUE = 3;

  private final GptNeoxConfiguration configuration;

  GptNeoxUnits(GptNeoxConfiguration configuration) {
    super(configuration);
    this.configuration = configuration;
  }

  @Override
  int innerWidth() {
    return configuration.innerWidth();
  }

  @Override
  List<PermutedAxis> hiddenAxes(String mlp) {
    return present(PermutedAxis.of(mlp + ".dense_h_to_4h.weight", 0), PermutedAxis.of(mlp + ".dense_h_to_4h.bias", 0),
        PermutedAxis.of(mlp + ".dense_4h_to_h.weight", 1));
  }

  @Override
  List<PermutedAxis> headAxes(String attention) {
    int headWidth = configuration.width() / configuration.heads();
    return present(new PermutedAxis(attention + ".query_key_value.weight", 0, 1, QUERY_KEY_VALUE * headWidth),
        new PermutedAxis(attention + ".query_key_value.bias", 0, 1, QUERY_KEY_VALUE * headWidth),
        new PermutedAxis(attention + ".dense.weight", 1, 1, headWidth));
  }

  @Override
  List<PermutedAxis> outerStreamAxes() {
    return present(PermutedAxis.of("gpt_neox.embed_in.weight", 1), PermutedAxis.of("gpt_neox.final_layer_norm.weight", 0),
        PermutedAxis.of("gpt_neox.final_layer_norm.bias", 0), PermutedAxis.of("embed_out.weight", 1));
  }

  @Override
  List<PermutedAxis> blockStreamAxes(String block) {
    return present(PermutedAxis.of(block + ".input_layernorm.weight", 0), PermutedAxis.of(block + ".input_layernorm.bias", 0),
        PermutedAxis.of(block + ".post_attention_layernorm.weight", 0), PermutedAxis.of(block + ".post_attention_layernorm.bias", 0),
        PermutedAxis.of(block + ".attention.query_key_value.weight", 1), PermutedAxis.of(block + ".attention.dense.weight", 0),
        PermutedAxis.of(block + ".attention.dense.bias", 0), PermutedAxis.of(block + ".mlp.dense_h_to_4h.weight", 1),
        PermutedAxis.of(block + ".mlp.dense_4h_to_h.weight", 0), PermutedAxis.of(block + ".mlp.dense_4h_to_h.bias", 0));
  }
}
