package io.modelweave.merge.alignment;

import io.modelweave.core.transformer.LlamaConfiguration;
import java.util.ArrayList;
import java.util.List;

/**
 * The units of Llama, Mistral and Qwen2; matrices are {@code [out, in]}. Query heads that share a key and value head stay together, the
 * shared head moving with them, and may change places among themselves.
 */
final class LlamaUnits extends TransformerUnits {

  private final LlamaConfiguration configuration;

  LlamaUnits(LlamaConfiguration configuration) {
    super(configuration);
    this.configuration = configuration;
  }

  @Override
  int innerWidth() {
    return configuration.innerWidth();
  }

  @Override
  List<PermutedAxis> hiddenAxes(String mlp) {
    return present(PermutedAxis.of(mlp + ".gate_proj.weight", 0), PermutedAxis.of(mlp + ".gate_proj.bias", 0),
        PermutedAxis.of(mlp + ".up_proj.weight", 0), PermutedAxis.of(mlp + ".up_proj.bias", 0),
        PermutedAxis.of(mlp + ".down_proj.weight", 1));
  }

  @Override
  List<PermutedAxis> headAxes(String attention) {
    int headWidth = configuration.headWidth();
    int sharing = configuration.heads() / configuration.keyValueHeads();
    return present(new PermutedAxis(attention + ".q_proj.weight", 0, 1, headWidth),
        new PermutedAxis(attention + ".q_proj.bias", 0, 1, headWidth),
        new PermutedAxis(attention + ".k_proj.weight", 0, 1, headWidth, sharing),
        new PermutedAxis(attention + ".k_proj.bias", 0, 1, headWidth, sharing),
        new PermutedAxis(attention + ".v_proj.weight", 0, 1, headWidth, sharing),
        new PermutedAxis(attention + ".v_proj.bias", 0, 1, headWidth, sharing),
        new PermutedAxis(attention + ".o_proj.weight", 1, 1, headWidth));
  }

  @Override
  List<PermutedAxis> outerStreamAxes() {
    return present(PermutedAxis.of("model.embed_tokens.weight", 1), PermutedAxis.of("model.norm.weight", 0),
        PermutedAxis.of("lm_head.weight", 1));
  }

  @Override
  List<PermutedAxis> blockStreamAxes(String block) {
    List<PermutedAxis> axes = new ArrayList<>();
    for (String reader : List.of("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "mlp.gate_proj", "mlp.up_proj")) {
      axes.add(PermutedAxis.of("%s.%s.weight".formatted(block, reader), 1));
    }
    for (String writer : List.of("self_attn.o_proj", "mlp.down_proj")) {
      axes.add(PermutedAxis.of("%s.%s.weight".formatted(block, writer), 0));
      axes.add(PermutedAxis.of("%s.%s.bias".formatted(block, writer), 0));
    }
    axes.add(PermutedAxis.of(block + ".input_layernorm.weight", 0));
    axes.add(PermutedAxis.of(block + ".post_attention_layernorm.weight", 0));
    return present(axes.toArray(PermutedAxis[]::new));
  }
}
