package io.modelweave.merge.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modelweave.core.checkpoint.ElementType;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The {@code config.json} of the output: that of one model with other layers, another type, another head. */
final class OutputConfiguration {

  private static final List<String> LAYER_KEYS = List.of("num_hidden_layers", "n_layer", "num_layers", "n_layers");
  private static final List<String> PARTS = List.of("text_config", "llm_config");

  /** Lists that may be as long as a model has layers, but say nothing about layers. */
  private static final Set<String> OTHER_LISTS = Set.of("architectures", "eos_token_id", "bos_token_id", "pad_token_id", "bad_words_ids",
      "suppress_tokens", "begin_suppress_tokens", "keys_to_ignore_at_inference", "mrope_section");

  private OutputConfiguration() {}

  /**
   * Where a layer of the output comes from.
   *
   * @param configuration of the first model of the layer; null if it has none
   * @param layer its number there
   */
  record Origin(@Nullable ObjectNode configuration, int layer) {}

  /** Returns how many layers a configuration tells of; empty if it does not. */
  static OptionalInt layers(ObjectNode configuration) {
    ObjectNode part = layered(configuration);
    return LAYER_KEYS.stream().map(part::get).filter(value -> value != null && value.isInt()).mapToInt(JsonNode::asInt).findFirst();
  }

  /** Returns the object that counts the layers: the configuration itself, or that of its text part. */
  private static ObjectNode layered(ObjectNode configuration) {
    return LAYER_KEYS.stream().anyMatch(configuration::has) ? configuration
        : PARTS.stream().map(configuration::get).filter(ObjectNode.class::isInstance).map(ObjectNode.class::cast)
            .findFirst().orElse(configuration);
  }

  /** Returns a copy with other layers: their number, and every list that has an entry for each layer. */
  static ObjectNode withLayers(ObjectNode configuration, List<Origin> layers) {
    ObjectNode result = configuration.deepCopy();
    ObjectNode part = layered(result);
    int before = layers(configuration).orElse(-1);
    LAYER_KEYS.stream().filter(part::has).forEach(key -> part.put(key, layers.size()));
    List<String> lists = part.properties().stream()
        .filter(field -> field.getValue().isArray() && field.getValue().size() == before && !OTHER_LISTS.contains(field.getKey()))
        .map(Map.Entry::getKey).toList();
    for (String key : lists) {
      ArrayNode own = (ArrayNode) part.get(key);
      ArrayNode cut = part.arrayNode();
      for (Origin origin : layers) {
        JsonNode there = origin.configuration() == null ? own : layered(origin.configuration()).path(key);
        cut.add((there.has(origin.layer()) ? there : own).path(origin.layer()));
      }
      part.set(key, cut);
    }
    return result;
  }

  /** Returns a copy that names another type of the parameters. */
  static ObjectNode withType(ObjectNode configuration, ElementType type) {
    ObjectNode result = configuration.deepCopy();
    String name = switch (type) {
      case BF16 -> "bfloat16";
      case F16 -> "float16";
      case F32 -> "float32";
      case F64 -> "float64";
      default -> type.name().toLowerCase(Locale.ROOT);
    };
    result.put(result.has("dtype") ? "dtype" : "torch_dtype", name);
    return result;
  }

  /** Returns a copy whose output layer is a tensor of its own. */
  static ObjectNode untied(ObjectNode configuration) {
    ObjectNode result = configuration.deepCopy();
    result.put("tie_word_embeddings", false);
    return result;
  }
}
