package io.modelweave.core.testing;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenBatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Tiny models of every family beside GPT-2, and what PyTorch 2.13 and transformers 5.18 computed with them in FLOAT: values inside the
 * blocks, logits, and for some the loss, the gradient of every parameter and eight greedily generated tokens.
 */
public final class GoldenFamilies {

  /** Values inside the blocks and logits: the usual settings of each family. */
  public static final List<String> USUAL = List.of("llama", "qwen2", "gpt_neox");

  /**
   * Also losses, gradients and generated tokens. {@code llama3-rope}: scaled frequencies, all biases, head width 8 for 16 / 4, tied;
   * {@code llama-linear}: interpolated positions, one key head; {@code mistral-window}: four positions seen, head width 10;
   * {@code qwen2-window}: five positions seen in the second block; {@code neox-sequential}: branches one after the other, GELU by tanh;
   * {@code neox-tied}: parallel branches, no attention bias, tied.
   */
  public static final List<String> UNUSUAL =
      List.of("llama3-rope", "llama-linear", "mistral-window", "qwen2-window", "neox-sequential", "neox-tied");

  /** A Llama stored as BF16 in three files with an index; logits only. */
  public static final String SHARDED = "llama-bf16-sharded";

  private static final Path FOLDER = unpack();

  private GoldenFamilies() {}

  private static Path unpack() {
    UnpackedResources golden = new UnpackedResources("/golden/families/");
    List<String> models = new ArrayList<>(USUAL);
    models.addAll(UNUSUAL);
    models.forEach(model -> golden.with(model + "/model.safetensors"));
    for (int shard = 1; shard <= 3; shard++) {
      golden.with(SHARDED + "/model-0000%d-of-00003.safetensors".formatted(shard));
    }
    golden.with(SHARDED + "/model.safetensors.index.json");
    models.add(SHARDED);
    models.forEach(model -> golden.with(model + "/config.json").with(model + "-expected.safetensors"));
    return golden.folder();
  }

  /** Returns the folder of a model. */
  public static Path directory(String name) {
    return FOLDER.resolve(name);
  }

  /** Returns a fresh instance of a model. */
  public static LanguageModel load(String name) {
    return LanguageModel.load(directory(name));
  }

  /** Returns what was computed with a model. */
  public static Checkpoint expected(String name) {
    return Checkpoint.open(FOLDER.resolve(name + "-expected.safetensors"));
  }

  /** Returns the sequences that everything was computed on. */
  public static TokenBatch batch(String name) {
    try (Checkpoint expected = expected(name)) {
      return new TokenBatch(expected.tensor("input_ids").toIntMatrix());
    }
  }
}
