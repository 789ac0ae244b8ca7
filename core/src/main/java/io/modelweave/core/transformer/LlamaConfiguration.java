package io.modelweave.core.transformer;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The shape of a Llama, Mistral or Qwen2 model, as in a Hugging Face {@code config.json}: rotary positions, RMS norms, grouped queries,
 * SwiGLU.
 *
 * @param family which of the three, for names and for which biases there may be
 * @param vocabularySize {@code V}, number of token ids
 * @param contextLength longest sequence {@code T}
 * @param width {@code d}, the residual stream
 * @param layers {@code L}, number of blocks
 * @param heads attention heads of the queries
 * @param keyValueHeads heads of keys and values; divides {@code heads}
 * @param headWidth features of a head; {@code heads * headWidth} need not be {@code width}
 * @param innerWidth hidden units of the MLP
 * @param rmsNormEpsilon added to the mean square in every norm
 * @param rotary position embedding
 * @param window blocks with sliding attention, or null for none; Mistral and Qwen2 only
 * @param attentionBias whether all four attention projections have biases; Llama only. Qwen2 always has those of q, k and v
 * @param mlpBias whether the MLP's projections have biases; Llama only
 * @param tiedHead whether the head is the token embedding
 */
public record LlamaConfiguration(Family family, int vocabularySize, int contextLength, int width, int layers, int heads, int keyValueHeads,
    int headWidth, int innerWidth, double rmsNormEpsilon, RotaryEmbedding rotary, @Nullable SlidingWindow window, boolean attentionBias,
    boolean mlpBias, boolean tiedHead) implements TransformerConfiguration {

  private static final int MISTRAL_WINDOW = 4096; // where config.json says nothing

  /** Architectures that differ in settings only. */
  public enum Family {
    /** Touvron et al. 2023, arXiv 2302.13971, to Llama 3.3. */
    LLAMA("llama", "LlamaForCausalLM"),
    /** Jiang et al. 2023, arXiv 2310.06825. */
    MISTRAL("mistral", "MistralForCausalLM"),
    /** Yang et al. 2024, arXiv 2407.10671; also Qwen2.5. */
    QWEN2("qwen2", "Qwen2ForCausalLM");

    private final String modelType;
    private final String architecture;

    Family(String modelType, String architecture) {
      this.modelType = modelType;
      this.architecture = architecture;
    }
  }

  /** Checks all values at once. */
  public LlamaConfiguration {
    ValueChecks checks = new ValueChecks().positive("vocabularySize", vocabularySize).positive("contextLength", contextLength)
        .positive("width", width).positive("layers", layers).positive("heads", heads).positive("keyValueHeads", keyValueHeads)
        .positive("headWidth", headWidth).positive("innerWidth", innerWidth).positive("rmsNormEpsilon", rmsNormEpsilon)
        .multiple("heads", heads, "keyValueHeads", keyValueHeads)
        .that(headWidth % 2 == 0, "headWidth %d is odd; rotary positions turn pairs of features", headWidth)
        .that(rotary.fraction() == 1, "the rotary fraction is %s; whole heads turn in this family", rotary.fraction())
        .that(family == Family.LLAMA || !(attentionBias || mlpBias), "attentionBias and mlpBias belong to Llama, this is %s", family)
        .that(family != Family.LLAMA || window == null, "a sliding window belongs to Mistral and Qwen2, this is LLAMA");
    if (window != null) {
      List<Integer> outside = window.layers().stream().filter(layer -> layer < 0 || layer >= layers).toList();
      checks.that(outside.isEmpty(), "the sliding window names blocks %s, there are %d", outside, layers);
    }
    checks.require(family.modelType);
  }

  /** Returns a Llama with the usual choices: head width {@code d / heads}, theta 10000, epsilon 1e-6, no bias, a head of its own. */
  public static LlamaConfiguration of(int vocabularySize, int contextLength, int width, int layers, int heads, int keyValueHeads,
      int innerWidth) {
    return new LlamaConfiguration(Family.LLAMA, vocabularySize, contextLength, width, layers, heads, keyValueHeads,
        heads > 0 ? width / heads : 0, innerWidth, 1e-6, RotaryEmbedding.of(10000), null, false, false, false);
  }

  static LlamaConfiguration parse(Family family, ConfigurationFields fields) {
    int vocabularySize = fields.count("vocab_size");
    int contextLength = fields.count("max_position_embeddings");
    int width = fields.count("hidden_size");
    int layers = fields.count("num_hidden_layers");
    int heads = fields.count("num_attention_heads");
    int keyValueHeads = fields.count("num_key_value_heads", heads);
    fields.requireMultiple("num_attention_heads", heads, "num_key_value_heads", keyValueHeads);
    if (!fields.has("head_dim")) {
      fields.requireMultiple("hidden_size", width, "num_attention_heads", heads);
    }
    int headWidth = fields.count("head_dim", Math.max(1, width / heads));
    if (headWidth % 2 != 0) {
      fields.refuse("head_dim %d is odd; rotary positions turn pairs of features".formatted(headWidth));
    }
    int innerWidth = fields.count("intermediate_size");
    double epsilon = fields.positive("rms_norm_eps", 1e-6);
    RotaryEmbedding rotary = RotaryFields.read(fields, 1);
    if (rotary.fraction() != 1) {
      fields.refuse("partial_rotary_factor %s is not supported; whole heads turn in %s".formatted(rotary.fraction(), family.modelType));
    }
    String activation = fields.text("hidden_act", "silu");
    if (!activation.equals("silu") && !activation.equals("swish")) {
      fields.refuse("hidden_act \"%s\" is not supported; there is silu".formatted(activation));
    }
    SlidingWindow window = switch (family) {
      case LLAMA -> null;
      case MISTRAL -> mistralWindow(fields, layers);
      case QWEN2 -> qwen2Window(fields, layers);
    };
    boolean attentionBias = family == Family.LLAMA && fields.flag("attention_bias", false);
    boolean mlpBias = family == Family.LLAMA && fields.flag("mlp_bias", false);
    boolean tied = fields.flag("tie_word_embeddings", false);
    fields.requireNoProblems();
    return new LlamaConfiguration(family, vocabularySize, contextLength, width, layers, heads, keyValueHeads, headWidth, innerWidth,
        epsilon, rotary, window, attentionBias, mlpBias, tied);
  }

  private static @Nullable SlidingWindow mistralWindow(ConfigurationFields fields, int layers) {
    if (fields.mentions("sliding_window") && !fields.has("sliding_window")) {
      return null;
    }
    return SlidingWindow.of(fields.count("sliding_window", MISTRAL_WINDOW), 0, layers);
  }

  private static @Nullable SlidingWindow qwen2Window(ConfigurationFields fields, int layers) {
    if (!fields.flag("use_sliding_window", false) || !fields.has("sliding_window")) {
      return null;
    }
    int size = fields.count("sliding_window");
    if (!fields.has("layer_types")) {
      return SlidingWindow.of(size, Math.min(layers, fields.count("max_window_layers", 28)), layers);
    }
    List<String> types = fields.texts("layer_types");
    if (types.size() != layers || !List.of("full_attention", "sliding_attention").containsAll(types)) {
      fields.refuse("layer_types is %s, must be full_attention or sliding_attention for each of %d layers".formatted(types, layers));
      return null;
    }
    return new SlidingWindow(size, IntStream.range(0, layers).filter(l -> types.get(l).equals("sliding_attention")).boxed().toList());
  }

  /** Returns whether queries, keys and values have biases. */
  public boolean queryKeyValueBias() {
    return attentionBias || family == Family.QWEN2;
  }

  @Override
  public String blockName(int layer) {
    return "model.layers." + layer;
  }

  @Override
  public String attentionName(int layer) {
    return blockName(layer) + ".self_attn";
  }

  @Override
  public Map<String, long[]> shapes() {
    ParameterShapes shapes = new ParameterShapes();
    shapes.put("model.embed_tokens.weight", vocabularySize, width);
    for (int layer = 0; layer < layers; layer++) {
      String block = blockName(layer);
      shapes.putLinear(block + ".self_attn.q_proj", width, heads * headWidth, queryKeyValueBias());
      shapes.putLinear(block + ".self_attn.k_proj", width, keyValueHeads * headWidth, queryKeyValueBias());
      shapes.putLinear(block + ".self_attn.v_proj", width, keyValueHeads * headWidth, queryKeyValueBias());
      shapes.putLinear(block + ".self_attn.o_proj", heads * headWidth, width, attentionBias);
      shapes.putLinear(block + ".mlp.gate_proj", width, innerWidth, mlpBias);
      shapes.putLinear(block + ".mlp.up_proj", width, innerWidth, mlpBias);
      shapes.putLinear(block + ".mlp.down_proj", innerWidth, width, mlpBias);
      shapes.put(block + ".input_layernorm.weight", width);
      shapes.put(block + ".post_attention_layernorm.weight", width);
    }
    shapes.put("model.norm.weight", width);
    if (!tiedHead) {
      shapes.put("lm_head.weight", vocabularySize, width);
    }
    return shapes.byName();
  }

  @Override
  public Mlp feedForward(int layer, Map<String, INDArray> weights) {
    return GatedMlp.of(weights, blockName(layer) + ".mlp");
  }

  @Override
  public String toJson() {
    ObjectNode json = new ObjectMapper().createObjectNode();
    json.putArray("architectures").add(family.architecture);
    json.put("model_type", family.modelType).put("vocab_size", vocabularySize).put("max_position_embeddings", contextLength)
        .put("hidden_size", width).put("num_hidden_layers", layers).put("num_attention_heads", heads)
        .put("num_key_value_heads", keyValueHeads).put("head_dim", headWidth).put("intermediate_size", innerWidth)
        .put("hidden_act", "silu").put("rms_norm_eps", rmsNormEpsilon).put("tie_word_embeddings", tiedHead).put("attention_dropout", 0.0);
    RotaryFields.write(rotary, json);
    if (family == Family.LLAMA) {
      json.put("attention_bias", attentionBias).put("mlp_bias", mlpBias);
    } else {
      writeWindow(json);
    }
    return json.toPrettyString() + "\n";
  }

  private void writeWindow(ObjectNode json) {
    if (window == null) {
      json.putNull("sliding_window");
    } else {
      json.put("sliding_window", window.size());
    }
    if (family == Family.QWEN2) {
      json.put("use_sliding_window", window != null);
      ArrayNode types = json.putArray("layer_types");
      for (int layer = 0; layer < layers; layer++) {
        types.add(window != null && window.layers().contains(layer) ? "sliding_attention" : "full_attention");
      }
    }
  }
}
