package io.modelweave.core.transformer;

import java.util.HashMap;
import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Llama, Mistral and Qwen2: rotary positions, RMS norm before each branch, grouped queries, perhaps a sliding window. */
final class LlamaDecoder extends Decoder {

  private final LlamaConfiguration configuration;
  private final Attention attention;
  private final Rotation rotation;
  private final Map<Integer, SDVariable> masks = new HashMap<>();

  LlamaDecoder(LlamaConfiguration configuration, Map<String, INDArray> weights, BlockGraph graph, int batch, int length) {
    super(configuration, weights, graph, batch, length);
    this.configuration = configuration;
    this.attention = new Attention(batch, length, configuration.heads(), configuration.keyValueHeads(), configuration.headWidth());
    this.rotation = new Rotation(sd, configuration.rotary(), attention);
  }

  @Override
  SDVariable embed(SDVariable ids) {
    return rows("model.embed_tokens.weight", ids);
  }

  @Override
  SDVariable attentionNorm(int layer, SDVariable x) {
    return norm(configuration.blockName(layer) + ".input_layernorm", x);
  }

  @Override
  SDVariable attention(int layer, SDVariable x) {
    String name = configuration.attentionName(layer);
    int heads = configuration.heads();
    int keyValueHeads = configuration.keyValueHeads();
    SDVariable query = rotation.apply(split(linear(name + ".q_proj", x), heads), heads);
    SDVariable key = rotation.apply(split(linear(name + ".k_proj", x), keyValueHeads), keyValueHeads);
    SDVariable value = split(linear(name + ".v_proj", x), keyValueHeads);
    return linear(name + ".o_proj", mixed(layer, attention.mix(sd, query, key, value, mask(layer))));
  }

  /** {@code [N, h d_h]} to {@code [B, h, T, d_h]}. */
  private SDVariable split(SDVariable x, int heads) {
    return sd.permute(sd.reshape(x, batch, length, heads, configuration.headWidth()), 0, 2, 1, 3);
  }

  private SDVariable mask(int layer) {
    SlidingWindow window = configuration.window();
    int reach = window != null && window.layers().contains(layer) ? Math.min(length, window.size()) : length;
    return masks.computeIfAbsent(reach, r -> sd.constant(Attention.causalMask(length, r)));
  }

  @Override
  SDVariable mlpNorm(int layer, SDVariable x) {
    return norm(configuration.blockName(layer) + ".post_attention_layernorm", x);
  }

  @Override
  SDVariable finalNorm(SDVariable x) {
    return norm("model.norm", x);
  }

  private SDVariable norm(String name, SDVariable x) {
    return RmsNorm.build(graph, x, weight(name + ".weight"), configuration.rmsNormEpsilon());
  }

  @Override
  String headName() {
    return configuration.tiedHead() ? "model.embed_tokens.weight" : "lm_head.weight";
  }
}
