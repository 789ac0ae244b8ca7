package io.modelweave.core.transformer;

import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * GPT-2: learned positions, layer norm before each branch, one product for queries, keys and values, biases everywhere.
 *
 * <p>Source: Radford et al., "Language Models are Unsupervised Multitask Learners", 2019, section 2.3.
 */
final class Gpt2Decoder extends Decoder {

  private final Gpt2Configuration configuration;
  private final Attention attention;
  private final SDVariable mask;

  Gpt2Decoder(Gpt2Configuration configuration, Map<String, INDArray> weights, BlockGraph graph, int batch, int length) {
    super(configuration, weights, graph, batch, length);
    this.configuration = configuration;
    int heads = configuration.heads();
    this.attention = new Attention(batch, length, heads, heads, configuration.width() / heads);
    this.mask = sd.constant(Attention.causalMask(length, length));
  }

  @Override
  SDVariable embed(SDVariable ids) {
    int d = configuration.width();
    SDVariable tokens = rows("transformer.wte.weight", ids);
    SDVariable positions = weight("transformer.wpe.weight");
    if (length < configuration.contextLength()) {
      positions = sd.slice(positions, new int[] {0, 0}, length, d);
    }
    SDVariable sum = sd.reshape(tokens, batch, length, d).add(sd.reshape(positions, 1, length, d));
    return sd.reshape(sum, (long) batch * length, d);
  }

  @Override
  SDVariable attentionNorm(int layer, SDVariable x) {
    return norm(configuration.blockName(layer) + ".ln_1", x);
  }

  @Override
  SDVariable attention(int layer, SDVariable x) {
    String name = configuration.attentionName(layer);
    SDVariable qkv = x.mmul(weight(name + ".c_attn.weight")).add(weight(name + ".c_attn.bias")); // [N, 3d]
    SDVariable split = sd.reshape(qkv, batch, length, 3, attention.heads(), attention.headWidth());
    SDVariable[] parts = sd.unstack(sd.permute(split, 2, 0, 3, 1, 4), 0, 3); // each [B, h, T, d/h]
    SDVariable mixed = mixed(layer, attention.mix(sd, parts[0], parts[1], parts[2], mask));
    return mixed.mmul(weight(name + ".c_proj.weight")).add(weight(name + ".c_proj.bias"));
  }

  @Override
  SDVariable mlpNorm(int layer, SDVariable x) {
    return norm(configuration.blockName(layer) + ".ln_2", x);
  }

  @Override
  SDVariable finalNorm(SDVariable x) {
    return norm("transformer.ln_f", x);
  }

  private SDVariable norm(String name, SDVariable x) {
    return LayerNorm.build(graph, x, weight(name + ".weight"), weight(name + ".bias"), configuration.layerNormEpsilon());
  }

  @Override
  String headName() {
    return configuration.tiedHead() ? "transformer.wte.weight" : "lm_head.weight";
  }
}
