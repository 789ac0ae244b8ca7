package io.modelweave.core.transformer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The shape of a causal transformer, as in a Hugging Face {@code config.json}: which family, which sizes, which parameters.
 *
 * <p>Values are checked when a configuration is made, so one that exists can be built.
 */
public sealed interface TransformerConfiguration permits Gpt2Configuration, LlamaConfiguration, GptNeoxConfiguration {

  /** Returns {@code V}, the number of token ids. */
  int vocabularySize();

  /** Returns the longest sequence {@code T}. */
  int contextLength();

  /** Returns {@code d}, the width of the residual stream. */
  int width();

  /** Returns {@code L}, the number of blocks. */
  int layers();

  /** Returns the number of attention heads (of queries, where keys and values have fewer). */
  int heads();

  /** Returns whether the head is the token embedding. */
  boolean tiedHead();

  /** Returns what the names of all parameters of a block start with, for instance {@code transformer.h.3}. */
  String blockName(int layer);

  /** Returns what the names of the parameters of a block's attention start with, for instance {@code transformer.h.3.attn}. */
  String attentionName(int layer);

  /** Returns every parameter by its Hugging Face name with its shape, in the order of the Hugging Face model. */
  Map<String, long[]> shapes();

  /**
   * Returns the MLP of a block.
   *
   * @param layer from 0
   * @param weights at least this block's MLP parameters, by Hugging Face name; shared, not copied
   */
  Mlp feedForward(int layer, Map<String, INDArray> weights);

  /** Returns the {@code config.json} that transformers and {@link #read} read. */
  String toJson();

  /**
   * Returns the configuration in a model directory's {@code config.json}, of the family that its {@code model_type} names: gpt2, llama,
   * mistral, qwen2 or gpt_neox. Field names of transformers 4 and 5 are understood; fields that change no number are ignored.
   *
   * @throws UncheckedIOException if the file cannot be read
   * @throws IllegalArgumentException naming the file and every field that is missing, wrong, or asks for something that this library does
   *     not compute
   */
  static TransformerConfiguration read(Path directory) {
    Path file = directory.resolve("config.json");
    JsonNode json;
    try {
      json = new ObjectMapper().readTree(Files.readString(file));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("%s is not JSON: %s".formatted(file, e.getOriginalMessage()), e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read %s; a model directory holds config.json and model.safetensors".formatted(file), e);
    }
    try {
      return parse(new ConfigurationFields(json));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("%s: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static TransformerConfiguration parse(ConfigurationFields fields) {
    if (fields.has("quantization_config")) {
      fields.refuse("quantization_config is not supported; save the model with plain weights first");
    }
    String type = fields.text("model_type", "");
    return switch (type) {
      case "gpt2" -> Gpt2Configuration.parse(fields);
      case "llama" -> LlamaConfiguration.parse(LlamaConfiguration.Family.LLAMA, fields);
      case "mistral" -> LlamaConfiguration.parse(LlamaConfiguration.Family.MISTRAL, fields);
      case "qwen2" -> LlamaConfiguration.parse(LlamaConfiguration.Family.QWEN2, fields);
      case "gpt_neox" -> GptNeoxConfiguration.parse(fields);
      default -> {
        fields.refuse("model_type \"%s\" is not supported; there are gpt2, llama, mistral, qwen2 and gpt_neox".formatted(type));
        throw fields.problems();
      }
    };
  }
}
