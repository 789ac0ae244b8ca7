package io.modelweave.merge.recipe;

import io.modelweave.core.AtomicFile;
import io.modelweave.merge.WriteOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a model's directory has beside its tensors.
 *
 * @param target the directory of the output
 * @param from the model whose tokenizer is copied; null or a file for none
 * @param configuration the text of {@code config.json}; null for none
 */
record CompanionFiles(Path target, @Nullable Path from, @Nullable String configuration) {

  private static final String CONFIGURATION = "config.json";
  private static final List<String> COPIED = List.of("tokenizer.json", "tokenizer_config.json", "tokenizer.model",
      "special_tokens_map.json", "added_tokens.json", "vocab.json", "vocab.txt", "merges.txt", "spiece.model", "sentencepiece.bpe.model",
      "chat_template.jinja", "chat_template.json", "generation_config.json");

  /** Returns what is there already and may not be replaced: it would not belong to the new model. */
  List<String> problems(WriteOptions how) {
    if (how.overwrite()) {
      return List.of();
    }
    List<String> there = Stream.concat(Stream.of(CONFIGURATION), COPIED.stream())
        .filter(name -> Files.exists(target.resolve(name))).toList();
    return there.isEmpty() ? List.of()
        : List.of("%s has %s of another model; choose another directory, or overwrite".formatted(target, String.join(", ", there)));
  }

  /** Writes all of them and removes those of a model that was replaced. */
  void write() {
    for (String name : COPIED) {
      Path source = from == null ? null : from.resolve(name);
      if (source != null && Files.isRegularFile(source)) {
        AtomicFile.write(target.resolve(name), true,
            channel -> AtomicFile.writeFully(channel, ByteBuffer.wrap(Files.readAllBytes(source))));
      } else {
        remove(target.resolve(name));
      }
    }
    if (configuration == null) {
      remove(target.resolve(CONFIGURATION));
    } else {
      AtomicFile.write(target.resolve(CONFIGURATION), (configuration + "\n").getBytes(StandardCharsets.UTF_8));
    }
  }

  private static void remove(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot remove " + file, e);
    }
  }
}
