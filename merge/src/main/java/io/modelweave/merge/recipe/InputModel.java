package io.modelweave.merge.recipe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modelweave.core.Checkpoint;
import io.modelweave.merge.engine.Source;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A model that a recipe uses, open.
 *
 * @param name as the recipe has it
 * @param path of the directory or file
 * @param checkpoint its tensors
 * @param configuration its {@code config.json}; null for a single file
 */
record InputModel(String name, Path path, Checkpoint checkpoint, @Nullable ObjectNode configuration) {

  private static final String CONFIGURATION = "config.json";
  private static final List<String> HEADS = List.of("lm_head.weight", "embed_out.weight");
  private static final List<String> EMBEDDINGS = List.of("embed_tokens.weight", "wte.weight", "embed_in.weight", "word_embeddings.weight");

  /**
   * Opens a model.
   *
   * @throws IllegalArgumentException if a file of it is damaged
   * @throws UncheckedIOException if a file of it cannot be read
   */
  static InputModel open(String name, Path path) {
    ObjectNode configuration = configuration(path);
    return new InputModel(name, path, Checkpoint.open(path), configuration);
  }

  private static @Nullable ObjectNode configuration(Path path) {
    Path file = path.resolve(CONFIGURATION);
    if (!Files.isDirectory(path) || !Files.exists(file)) {
      return null;
    }
    try {
      JsonNode root = new JsonMapper().readTree(Files.readAllBytes(file));
      if (root instanceof ObjectNode object) {
        return object;
      }
      throw new IllegalArgumentException("%s is not a JSON object".formatted(file));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("%s is not valid JSON: %s".formatted(file, e.getOriginalMessage()), e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  /** Returns how many layers the configuration tells of. */
  OptionalInt configuredLayers() {
    return configuration == null ? OptionalInt.empty() : OutputConfiguration.layers(configuration);
  }

  /** Returns where a tensor is: an output layer that is tied to the embedding and not stored is the embedding. */
  Source source(String tensor) {
    if (!checkpoint.contains(tensor) && isHead(tensor) && configuration != null
        && configuration.path("tie_word_embeddings").asBoolean(true)) {
      List<String> embeddings = checkpoint.names().stream().filter(name -> EMBEDDINGS.stream().anyMatch(name::endsWith)).toList();
      return new Source(checkpoint, embeddings.size() == 1 ? embeddings.get(0) : tensor);
    }
    return new Source(checkpoint, tensor);
  }

  /** Returns whether a tensor is an output layer by its name. */
  static boolean isHead(String tensor) {
    return HEADS.stream().anyMatch(tensor::endsWith);
  }
}
