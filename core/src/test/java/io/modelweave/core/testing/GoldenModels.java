package io.modelweave.core.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelweave.core.Checkpoint;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenBatch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Three tiny GPT-2 models and what PyTorch 2.13 and transformers 5.18 computed with them: hidden states, logits, losses, activation
 * interpolation, and routed models with the gradient of every router.
 */
public final class GoldenModels {

  private static final Path FOLDER = unpack();
  private static final Checkpoint EXPECTED = Checkpoint.open(FOLDER.resolve("gpt2-expected.safetensors"));

  private GoldenModels() {}

  private static Path unpack() {
    UnpackedResources golden = new UnpackedResources("/golden/").with("gpt2-cases.json").with("gpt2-expected.safetensors")
        .with("gpt2-gelu-untied-expected.safetensors");
    for (String model : List.of("gpt2-base", "gpt2-math", "gpt2-code", "gpt2-gelu-untied")) {
      golden.with(model + "/config.json").with(model + "/model.safetensors");
    }
    return golden.folder();
  }

  /** Returns the folder of a model: gpt2-base, gpt2-math, gpt2-code or gpt2-gelu-untied. */
  public static Path directory(String name) {
    return FOLDER.resolve(name);
  }

  /** Returns a fresh instance of a model. */
  public static LanguageModel load(String name) {
    return LanguageModel.load(directory(name));
  }

  /** Returns an expected tensor. */
  public static INDArray expected(String name) {
    return EXPECTED.tensor(name);
  }

  /** Returns the three sequences of twelve tokens that everything was computed on. */
  public static TokenBatch batch() {
    INDArray ids = EXPECTED.tensor("input_ids");
    return new TokenBatch(ids.toIntMatrix());
  }

  /** Returns the cases of one kind: forward, activation-interpolation or routed. */
  public static List<JsonNode> cases(String kind) {
    try {
      JsonNode all = new ObjectMapper().readTree(FOLDER.resolve("gpt2-cases.json").toFile()).get("cases");
      return java.util.stream.StreamSupport.stream(all.spliterator(), false).filter(c -> c.get("kind").asText().equals(kind)).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
