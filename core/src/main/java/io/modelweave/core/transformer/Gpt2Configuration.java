package io.modelweave.core.transformer;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The shape of a GPT-2 model, as in a Hugging Face {@code config.json} of {@code model_type} gpt2.
 *
 * @param vocabularySize {@code V}, number of token ids
 * @param contextLength longest sequence {@code T}
 * @param width {@code d}, the residual stream
 * @param layers {@code L}, number of blocks
 * @param heads attention heads; divides {@code width}
 * @param innerWidth hidden units of the MLP, usually {@code 4 d}
 * @param activation the MLP's non-linearity
 * @param layerNormEpsilon added to the variance in every layer norm
 * @param tiedHead whether the head is the token embedding
 */
public record Gpt2Configuration(int vocabularySize, int contextLength, int width, int layers, int heads, int innerWidth,
    Gelu activation, double layerNormEpsilon, boolean tiedHead) implements TransformerConfiguration {

  /** Checks all values at once. */
  public Gpt2Configuration {
    ValueChecks checks = new ValueChecks().positive("vocabularySize", vocabularySize).positive("contextLength", contextLength)
        .positive("width", width).positive("layers", layers).positive("heads", heads).positive("innerWidth", innerWidth)
        .multiple("width", width, "heads", heads).positive("layerNormEpsilon", layerNormEpsilon);
    checks.require("GPT-2");
  }

  /**
   * Returns a configuration with the usual choices: inner width {@code 4 d}, exact GELU, epsilon 1e-5, a head of its own.
   */
  public static Gpt2Configuration of(int vocabularySize, int contextLength, int width, int layers, int heads) {
    return new Gpt2Configuration(vocabularySize, contextLength, width, layers, heads, 4 * width, Gelu.EXACT, 1e-5, false);
  }

  static Gpt2Configuration parse(ConfigurationFields fields) {
    fields.requireFlag("scale_attn_by_inverse_layer_idx", false);
    fields.requireFlag("scale_attn_weights", true);
    fields.requireFlag("add_cross_attention", false);
    int width = fields.count("n_embd");
    int heads = fields.count("n_head");
    fields.requireMultiple("n_embd", width, "n_head", heads);
    int vocabularySize = fields.count("vocab_size");
    int contextLength = fields.count("n_positions");
    int layers = fields.count("n_layer");
    int innerWidth = fields.count("n_inner", 4 * width);
    Gelu activation = fields.gelu("activation_function", "gelu_new");
    double epsilon = fields.positive("layer_norm_epsilon", 1e-5);
    boolean tied = fields.flag("tie_word_embeddings", true);
    fields.requireNoProblems();
    return new Gpt2Configuration(vocabularySize, contextLength, width, layers, heads, innerWidth, activation, epsilon, tied);
  }

  @Override
  public String blockName(int layer) {
    return "transformer.h." + layer;
  }

  @Override
  public String attentionName(int layer) {
    return blockName(layer) + ".attn";
  }

  @Override
  public Map<String, long[]> shapes() {
    ParameterShapes shapes = new ParameterShapes();
    shapes.put("transformer.wte.weight", vocabularySize, width);
    shapes.put("transformer.wpe.weight", contextLength, width);
    for (int layer = 0; layer < layers; layer++) {
      String block = blockName(layer);
      shapes.putNorm(block + ".ln_1", width);
      shapes.putTransposed(block + ".attn.c_attn", width, 3 * width);
      shapes.putTransposed(block + ".attn.c_proj", width, width);
      shapes.putNorm(block + ".ln_2", width);
      shapes.putTransposed(block + ".mlp.c_fc", width, innerWidth);
      shapes.putTransposed(block + ".mlp.c_proj", innerWidth, width);
    }
    shapes.putNorm("transformer.ln_f", width);
    if (!tiedHead) {
      shapes.put("lm_head.weight", vocabularySize, width);
    }
    return shapes.byName();
  }

  @Override
  public Mlp feedForward(int layer, Map<String, INDArray> weights) {
    return Gpt2Mlp.of(weights, blockName(layer) + ".mlp", activation);
  }

  @Override
  public String toJson() {
    ObjectNode json = new ObjectMapper().createObjectNode();
    json.putArray("architectures").add("GPT2LMHeadModel");
    json.put("model_type", "gpt2").put("vocab_size", vocabularySize).put("n_positions", contextLength).put("n_embd", width)
        .put("n_layer", layers).put("n_head", heads).put("n_inner", innerWidth)
        .put("activation_function", activation.configurationName()).put("layer_norm_epsilon", layerNormEpsilon)
        .put("tie_word_embeddings", tiedHead).put("embd_pdrop", 0.0).put("attn_pdrop", 0.0).put("resid_pdrop", 0.0);
    return json.toPrettyString() + "\n";
  }
}
