package io.modelweave.core.transformer;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The shape of a GPT-NeoX model, Pythia among them, as in a Hugging Face {@code config.json} of {@code model_type} gpt_neox.
 *
 * @param vocabularySize {@code V}, number of token ids
 * @param contextLength longest sequence {@code T}
 * @param width {@code d}, the residual stream
 * @param layers {@code L}, number of blocks
 * @param heads attention heads; divides {@code width}
 * @param innerWidth hidden units of the MLP, usually {@code 4 d}
 * @param activation the MLP's non-linearity
 * @param layerNormEpsilon added to the variance in every layer norm
 * @param rotary position embedding, usually of a quarter of each head
 * @param parallelResidual whether both branches of a block read its input, rather than the MLP what attention has added to
 * @param attentionBias whether the attention projections have biases
 * @param tiedHead whether the head is the token embedding
 */
public record GptNeoxConfiguration(int vocabularySize, int contextLength, int width, int layers, int heads, int innerWidth,
    Gelu activation, double layerNormEpsilon, RotaryEmbedding rotary, boolean parallelResidual, boolean attentionBias, boolean tiedHead)
    implements TransformerConfiguration {

  private static final double USUAL_FRACTION = 0.25;

  /** Checks all values at once. */
  public GptNeoxConfiguration {
    ValueChecks checks = new ValueChecks().positive("vocabularySize", vocabularySize).positive("contextLength", contextLength)
        .positive("width", width).positive("layers", layers).positive("heads", heads).positive("innerWidth", innerWidth)
        .multiple("width", width, "heads", heads).positive("layerNormEpsilon", layerNormEpsilon);
    int rotated = heads > 0 ? rotary.rotated(width / heads) : 0;
    checks.that(rotated > 0 && rotated % 2 == 0,
        "%d features of a head turn (fraction %s of width %d / heads %d), must be even and positive",
        rotated, rotary.fraction(), width, heads);
    checks.require("gpt_neox");
  }

  /**
   * Returns a configuration with Pythia's choices: inner width {@code 4 d}, exact GELU, a quarter of each head turns,
   * parallel branches, a head of its own.
   */
  public static GptNeoxConfiguration of(int vocabularySize, int contextLength, int width, int layers, int heads) {
    return new GptNeoxConfiguration(vocabularySize, contextLength, width, layers, heads, 4 * width, Gelu.EXACT, 1e-5,
        new RotaryEmbedding(10000, USUAL_FRACTION, new RotaryScaling.None()), true, true, false);
  }

  static GptNeoxConfiguration parse(ConfigurationFields fields) {
    int vocabularySize = fields.count("vocab_size");
    int contextLength = fields.count("max_position_embeddings");
    int width = fields.count("hidden_size");
    int layers = fields.count("num_hidden_layers");
    int heads = fields.count("num_attention_heads");
    fields.requireMultiple("hidden_size", width, "num_attention_heads", heads);
    int innerWidth = fields.count("intermediate_size");
    Gelu activation = fields.gelu("hidden_act", "gelu");
    double epsilon = fields.positive("layer_norm_eps", 1e-5);
    RotaryEmbedding rotary = RotaryFields.read(fields, USUAL_FRACTION);
    boolean parallel = fields.flag("use_parallel_residual", true);
    boolean attentionBias = fields.flag("attention_bias", true);
    boolean tied = fields.flag("tie_word_embeddings", false);
    fields.requireNoProblems();
    return new GptNeoxConfiguration(vocabularySize, contextLength, width, layers, heads, innerWidth, activation, epsilon, rotary, parallel,
        attentionBias, tied);
  }

  @Override
  public String blockName(int layer) {
    return "gpt_neox.layers." + layer;
  }

  @Override
  public String attentionName(int layer) {
    return blockName(layer) + ".attention";
  }

  @Override
  public Map<String, long[]> shapes() {
    ParameterShapes shapes = new ParameterShapes();
    shapes.put("gpt_neox.embed_in.weight", vocabularySize, width);
    for (int layer = 0; layer < layers; layer++) {
      String block = blockName(layer);
      shapes.putNorm(block + ".input_layernorm", width);
      shapes.putNorm(block + ".post_attention_layernorm", width);
      shapes.putLinear(block + ".attention.query_key_value", width, 3 * width, attentionBias);
      shapes.putLinear(block + ".attention.dense", width, width, attentionBias);
      shapes.putLinear(block + ".mlp.dense_h_to_4h", width, innerWidth, true);
      shapes.putLinear(block + ".mlp.dense_4h_to_h", innerWidth, width, true);
    }
    shapes.putNorm("gpt_neox.final_layer_norm", width);
    if (!tiedHead) {
      shapes.put("embed_out.weight", vocabularySize, width);
    }
    return shapes.byName();
  }

  @Override
  public Mlp feedForward(int layer, Map<String, INDArray> weights) {
    return GptNeoxMlp.of(weights, blockName(layer) + ".mlp", activation);
  }

  @Override
  public String toJson() {
    ObjectNode json = new ObjectMapper().createObjectNode();
    json.putArray("architectures").add("GPTNeoXForCausalLM");
    json.put("model_type", "gpt_neox").put("vocab_size", vocabularySize).put("max_position_embeddings", contextLength)
        .put("hidden_size", width).put("num_hidden_layers", layers).put("num_attention_heads", heads).put("intermediate_size", innerWidth)
        .put("hidden_act", activation.configurationName()).put("layer_norm_eps", layerNormEpsilon)
        .put("use_parallel_residual", parallelResidual).put("attention_bias", attentionBias).put("tie_word_embeddings", tiedHead)
        .put("rotary_pct", rotary.fraction()).put("rotary_emb_base", rotary.theta())
        .put("attention_dropout", 0.0).put("hidden_dropout", 0.0);
    RotaryFields.write(rotary, json);
    return json.toPrettyString() + "\n";
  }
}
