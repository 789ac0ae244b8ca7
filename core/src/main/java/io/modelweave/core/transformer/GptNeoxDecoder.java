package io.modelweave.core.transformer;

import io.modelweave.core.FeedForward;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * GPT-NeoX: rotary positions of a part of each head, layer norms, and both branches side by side or one after the other.
 *
 * <p>Source: Black et al., "GPT-NeoX-20B", 2022, arXiv 2204.06745, section 2.1; Biderman et al., "Pythia", 2023, arXiv 2304.01373.
 */
final class GptNeoxDecoder extends Decoder {

  private final GptNeoxConfiguration configuration;
  private final Attention attention;
  private final Rotation rotation;
  private final SDVariable mask;

  GptNeoxDecoder(GptNeoxConfiguration configuration, Map<String, INDArray> weights, BlockGraph graph, int batch, int length) {
    super(configuration, weights, graph, batch, length);
    this.configuration = configuration;
    int heads = configuration.heads();
    this.attention = new Attention(batch, length, heads, heads, configuration.width() / heads);
    this.rotation = new Rotation(sd, configuration.rotary(), attention);
    this.mask = sd.constant(Attention.causalMask(length, length));
  }

  @Override
  SDVariable embed(SDVariable ids) {
    return rows("gpt_neox.embed_in.weight", ids);
  }

  /** The parallel form is {@code x + attention(norm(x)) + mlp(norm'(x))}. */
  @Override
  SDVariable block(int layer, SDVariable x, UnaryOperator<SDVariable> attentionBranch, FeedForward feedForward) {
    if (!configuration.parallelResidual()) {
      return super.block(layer, x, attentionBranch, feedForward);
    }
    SDVariable attended = attend(layer, x, attentionBranch);
    publish(layer, "residual", x);
    return feed(layer, x, feedForward).add(attended).add(x);
  }

  @Override
  SDVariable attentionNorm(int layer, SDVariable x) {
    return norm(configuration.blockName(layer) + ".input_layernorm", x);
  }

  @Override
  SDVariable attention(int layer, SDVariable x) {
    String name = configuration.attentionName(layer);
    int heads = configuration.heads();
    SDVariable split = sd.reshape(linear(name + ".query_key_value", x), batch, length, heads, 3, attention.headWidth());
    SDVariable[] parts = sd.unstack(sd.permute(split, 3, 0, 2, 1, 4), 0, 3); // each [B, h, T, d/h]
    SDVariable query = rotation.apply(parts[0], heads);
    SDVariable key = rotation.apply(parts[1], heads);
    return linear(name + ".dense", mixed(layer, attention.mix(sd, query, key, parts[2], mask)));
  }

  @Override
  SDVariable mlpNorm(int layer, SDVariable x) {
    return norm(configuration.blockName(layer) + ".post_attention_layernorm", x);
  }

  @Override
  SDVariable finalNorm(SDVariable x) {
    return norm("gpt_neox.final_layer_norm", x);
  }

  private SDVariable norm(String name, SDVariable x) {
    return LayerNorm.build(graph, x, weight(name + ".weight"), weight(name + ".bias"), configuration.layerNormEpsilon());
  }

  @Override
  String headName() {
    return configuration.tiedHead() ? "gpt_neox.embed_in.weight" : "embed_out.weight";
  }
}
