package io.modelweave.core.transformer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

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

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Checks all values at once. */
  public Gpt2Configuration {
    List<String> problems = new ArrayList<>();
    requirePositive(problems, "vocabularySize", vocabularySize);
    requirePositive(problems, "contextLength", contextLength);
    requirePositive(problems, "width", width);
    requirePositive(problems, "layers", layers);
    requirePositive(problems, "heads", heads);
    requirePositive(problems, "innerWidth", innerWidth);
    if (heads > 0 && width % heads != 0) {
      problems.add("width %d is not a multiple of heads %d".formatted(width, heads));
    }
    if (!(layerNormEpsilon > 0)) {
      problems.add("layerNormEpsilon is %s, must be positive".formatted(layerNormEpsilon));
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException("not a GPT-2 configuration: " + String.join("; ", problems));
    }
  }

  private static void requirePositive(List<String> problems, String name, int value) {
    if (value <= 0) {
      problems.add("%s is %d, must be positive".formatted(name, value));
    }
  }

  /**
   * Returns a configuration with the usual choices: inner width {@code 4 d}, exact GELU, epsilon 1e-5, a head of its own.
   */
  public static Gpt2Configuration of(int vocabularySize, int contextLength, int width, int layers, int heads) {
    return new Gpt2Configuration(vocabularySize, contextLength, width, layers, heads, 4 * width, Gelu.EXACT, 1e-5, false);
  }

  /**
   * Returns the configuration in a model directory's {@code config.json}.
   *
   * @throws UncheckedIOException if the file cannot be read
   * @throws IllegalArgumentException naming file and fields, if it is not JSON, another architecture, lacks a field, or asks for something
   *     that this library does not compute
   */
  public static Gpt2Configuration read(Path directory) {
    Path file = directory.resolve("config.json");
    JsonNode json;
    try {
      json = JSON.readTree(Files.readString(file));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("%s is not JSON: %s".formatted(file, e.getOriginalMessage()), e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read %s; a model directory holds config.json and model.safetensors".formatted(file), e);
    }
    try {
      return parse(json);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("%s: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static Gpt2Configuration parse(JsonNode json) {
    String type = json.path("model_type").asText("");
    if (!type.equals("gpt2")) {
      throw new IllegalArgumentException("model_type \"%s\" is not supported; this version builds gpt2".formatted(type));
    }
    List<String> problems = new ArrayList<>();
    for (String field : List.of("vocab_size", "n_positions", "n_embd", "n_layer", "n_head")) {
      if (!json.path(field).canConvertToInt()) {
        problems.add(json.has(field) ? "%s is %s, must be an integer".formatted(field, json.get(field)) : "%s is missing".formatted(field));
      }
    }
    if (json.path("scale_attn_by_inverse_layer_idx").asBoolean(false)) {
      problems.add("scale_attn_by_inverse_layer_idx is not supported");
    }
    if (!json.path("scale_attn_weights").asBoolean(true)) {
      problems.add("scale_attn_weights = false is not supported");
    }
    if (json.path("add_cross_attention").asBoolean(false)) {
      problems.add("add_cross_attention is not supported");
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", problems));
    }
    int width = json.get("n_embd").asInt();
    return new Gpt2Configuration(json.get("vocab_size").asInt(), json.get("n_positions").asInt(), width, json.get("n_layer").asInt(),
        json.get("n_head").asInt(), json.path("n_inner").asInt(4 * width), Gelu.named(json.path("activation_function").asText("gelu_new")),
        json.path("layer_norm_epsilon").asDouble(1e-5), json.path("tie_word_embeddings").asBoolean(true));
  }

  /** Returns the {@code config.json} that transformers and {@link #read} read. */
  public String toJson() {
    ObjectNode json = JSON.createObjectNode();
    json.putArray("architectures").add("GPT2LMHeadModel");
    json.put("model_type", "gpt2").put("vocab_size", vocabularySize).put("n_positions", contextLength).put("n_embd", width)
        .put("n_layer", layers).put("n_head", heads).put("n_inner", innerWidth)
        .put("activation_function", activation.configurationName()).put("layer_norm_epsilon", layerNormEpsilon)
        .put("tie_word_embeddings", tiedHead).put("embd_pdrop", 0.0).put("attn_pdrop", 0.0).put("resid_pdrop", 0.0);
    return json.toPrettyString() + "\n";
  }
}
