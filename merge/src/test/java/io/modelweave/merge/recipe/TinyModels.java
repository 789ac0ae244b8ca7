package io.modelweave.merge.recipe;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.checkpoint.CheckpointOutput;
import io.modelweave.core.checkpoint.CheckpointWriter;
import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.core.checkpoint.TensorInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Models in the layout of Hugging Face that are small enough to look at. */
final class TinyModels {

  private TinyModels() {}

  /** Writes a Llama with two tensors a layer, a separate head and a tokenizer. */
  static Path llama(Path directory, int layers, long seed) {
    write(directory, llamaTensors(layers, true), seed);
    configure(directory, layers, "\"tie_word_embeddings\": false");
    return text(directory.resolve("tokenizer.json"), "{\"vocab\": 5}");
  }

  /** Writes a Llama whose head is its embedding. */
  static Path tiedLlama(Path directory, int layers, long seed) {
    write(directory, llamaTensors(layers, false), seed);
    configure(directory, layers, "\"tie_word_embeddings\": true");
    return directory;
  }

  static void configure(Path directory, int layers, String more) {
    String types = String.join(", ", IntStream.range(0, layers).mapToObj(layer -> layer % 2 == 0 ? "\"full\"" : "\"sliding\"").toList());
    text(directory.resolve("config.json"), """
        {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "num_hidden_layers": %d, "layer_types": [%s],
         "eos_token_id": [1, 2, 3, 4], "torch_dtype": "float32", %s}""".formatted(layers, types, more));
  }

  private static Map<String, List<Long>> llamaTensors(int layers, boolean head) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    shapes.put("model.embed_tokens.weight", List.of(5L, 2L));
    for (int layer = 0; layer < layers; layer++) {
      shapes.put("model.layers.%d.self_attn.q_proj.weight".formatted(layer), List.of(2L, 2L));
      shapes.put("model.layers.%d.mlp.up_proj.weight".formatted(layer), List.of(3L, 2L));
    }
    shapes.put("model.norm.weight", List.of(2L));
    if (head) {
      shapes.put("lm_head.weight", List.of(5L, 2L));
    }
    return shapes;
  }

  /** Writes F32 tensors of random numbers to a directory or a file. */
  static Path write(Path path, Map<String, List<Long>> shapes, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<TensorInfo> infos = new ArrayList<>();
    shapes.forEach((name, shape) -> infos.add(new TensorInfo(name, ElementType.F32, shape)));
    try (CheckpointOutput out = CheckpointWriter.to(path).metadata(Map.of("format", "pt")).open(infos)) {
      for (TensorInfo info : infos) {
        ByteBuffer bytes = ByteBuffer.allocate((int) info.byteLength()).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
          bytes.putFloat((float) random.nextDouble(-1, 1));
        }
        out.write(info.name(), 0, bytes.flip());
      }
      out.finish();
    }
    return path;
  }

  static Path text(Path file, String text) {
    try {
      return Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the values of an F32 tensor. */
  static float[] floats(Checkpoint checkpoint, String name) {
    ByteBuffer raw = checkpoint.raw(name);
    float[] values = new float[raw.remaining() / Float.BYTES];
    raw.asFloatBuffer().get(values);
    return values;
  }

  static float[] floats(Path model, String name) {
    try (Checkpoint checkpoint = Checkpoint.open(model)) {
      return floats(checkpoint, name);
    }
  }
}
