package io.modelweave.core.transformer;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * The rotary embedding in a {@code config.json}: as {@code rope_parameters} since transformers 5, before that {@code rope_theta} or
 * {@code rotary_emb_base}, {@code rotary_pct} and {@code rope_scaling}.
 */
final class RotaryFields {

  private RotaryFields() {}

  static RotaryEmbedding read(ConfigurationFields fields, double usualFraction) {
    ConfigurationFields rope = fields.within(fields.has("rope_scaling") ? "rope_scaling" : "rope_parameters");
    if (rope.has("full_attention") || rope.has("sliding_attention")) {
      fields.refuse("rotary settings that differ between layer types are not supported");
    }
    double theta = rope.positive("rope_theta", fields.positive("rope_theta", fields.positive("rotary_emb_base", 10000)));
    double fraction = rope.positive("partial_rotary_factor",
        fields.positive("partial_rotary_factor", fields.positive("rotary_pct", usualFraction)));
    if (fraction > 1) {
      fields.refuse("the rotary fraction is %s, must be at most 1".formatted(fraction));
      fraction = 1;
    }
    return new RotaryEmbedding(theta, fraction, scaling(rope, rope.text("rope_type", rope.text("type", "default"))));
  }

  private static RotaryScaling scaling(ConfigurationFields rope, String type) {
    return switch (type) {
      case "default" -> new RotaryScaling.None();
      case "linear" -> new RotaryScaling.Linear(rope.positive("factor"));
      case "llama3" -> llama3(rope);
      default -> {
        rope.refuse("rope_type \"%s\" is not supported; there are default, linear and llama3".formatted(type));
        yield new RotaryScaling.None();
      }
    };
  }

  private static RotaryScaling llama3(ConfigurationFields rope) {
    double factor = rope.positive("factor");
    double low = rope.positive("low_freq_factor");
    double high = rope.positive("high_freq_factor");
    int original = rope.count("original_max_position_embeddings");
    if (high > low) {
      return new RotaryScaling.Llama3(factor, low, high, original);
    }
    if (rope.has("low_freq_factor") && rope.has("high_freq_factor")) {
      rope.refuse("high_freq_factor %s is not larger than low_freq_factor %s".formatted(high, low));
    }
    return new RotaryScaling.None();
  }

  /** Writes {@code rope_theta} and {@code rope_scaling}, which every version of transformers reads; a fraction is the caller's to write. */
  static void write(RotaryEmbedding rotary, ObjectNode json) {
    json.put("rope_theta", rotary.theta());
    if (rotary.scaling() instanceof RotaryScaling.Linear linear) {
      json.putObject("rope_scaling").put("rope_type", "linear").put("factor", linear.factor());
    } else if (rotary.scaling() instanceof RotaryScaling.Llama3 llama3) {
      json.putObject("rope_scaling").put("rope_type", "llama3").put("factor", llama3.factor())
          .put("low_freq_factor", llama3.lowFactor()).put("high_freq_factor", llama3.highFactor())
          .put("original_max_position_embeddings", llama3.originalContext());
    }
  }
}
