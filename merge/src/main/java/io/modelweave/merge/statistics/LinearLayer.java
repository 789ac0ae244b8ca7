package io.modelweave.merge.statistics;

import io.modelweave.core.transformer.Gpt2Configuration;
import io.modelweave.core.transformer.GptNeoxConfiguration;
import io.modelweave.core.transformer.LlamaConfiguration;
import io.modelweave.core.transformer.TransformerConfiguration;
import java.util.ArrayList;
import java.util.List;

/**
 * A linear layer of a language model.
 *
 * @param weight name of its weight
 * @param input name of the activation that goes into it
 * @param inputAxis the axis of the weight along which the inputs lie
 */
record LinearLayer(String weight, String input, int inputAxis) {

  /** Returns all linear layers: attention and MLP of every block, and the head where it is not the embedding. */
  static List<LinearLayer> of(TransformerConfiguration configuration) {
    List<LinearLayer> all = new ArrayList<>();
    for (int layer = 0; layer < configuration.layers(); layer++) {
      String attention = configuration.attentionName(layer);
      String mlp = configuration.blockName(layer) + ".mlp";
      String published = "block." + layer;
      if (configuration instanceof Gpt2Configuration) {
        all.add(new LinearLayer(attention + ".c_attn.weight", published + ".attention.input", 0));
        all.add(new LinearLayer(attention + ".c_proj.weight", published + ".attention.mixed", 0));
        all.add(new LinearLayer(mlp + ".c_fc.weight", published + ".mlp.input", 0));
        all.add(new LinearLayer(mlp + ".c_proj.weight", published + ".mlp.hidden", 0));
      } else if (configuration instanceof LlamaConfiguration) {
        for (String projection : List.of("q", "k", "v")) {
          all.add(new LinearLayer("%s.%s_proj.weight".formatted(attention, projection), published + ".attention.input", 1));
        }
        all.add(new LinearLayer(attention + ".o_proj.weight", published + ".attention.mixed", 1));
        all.add(new LinearLayer(mlp + ".gate_proj.weight", published + ".mlp.input", 1));
        all.add(new LinearLayer(mlp + ".up_proj.weight", published + ".mlp.input", 1));
        all.add(new LinearLayer(mlp + ".down_proj.weight", published + ".mlp.hidden", 1));
      } else {
        all.add(new LinearLayer(attention + ".query_key_value.weight", published + ".attention.input", 1));
        all.add(new LinearLayer(attention + ".dense.weight", published + ".attention.mixed", 1));
        all.add(new LinearLayer(mlp + ".dense_h_to_4h.weight", published + ".mlp.input", 1));
        all.add(new LinearLayer(mlp + ".dense_4h_to_h.weight", published + ".mlp.hidden", 1));
      }
    }
    if (!configuration.tiedHead()) {
      all.add(new LinearLayer(configuration instanceof GptNeoxConfiguration ? "embed_out.weight" : "lm_head.weight", "hidden", 1));
    }
    return List.copyOf(all);
  }
}
