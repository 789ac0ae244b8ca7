package io.modelweave.examples;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.ByteTokenizer;
import io.modelweave.core.text.Documents;
import io.modelweave.core.text.PretrainedTokenizer;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.text.TokenStream;
import io.modelweave.core.text.Tokenizer;
import io.modelweave.core.text.WindowSampler;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that name a text, and how it becomes windows of ids that several models read alike. */
final class TextOptions {

  private static final int LONGEST = 128;

  @Option(names = "--text", paramLabel = "FILE", description = "UTF-8 text, or .jsonl with a field \"text\".")
  private @Nullable Path text;

  @Option(names = "--ids", paramLabel = "FILE.json", description = "Instead of a text: {\"input_ids\": [[..], ..]}, rows of one length.")
  private @Nullable Path ids;

  @Option(names = "--tokenizer", paramLabel = "PATH",
      description = "tokenizer.json or a folder with one (default: that of the models, else bytes).")
  private @Nullable Path tokenizer;

  @Option(names = "--windows", defaultValue = "128", paramLabel = "N",
      description = "Windows, evenly over the text (default: ${DEFAULT-VALUE}).")
  private int windows;

  @Option(names = "--length", paramLabel = "T", description = "Tokens in a window (default: the models' context, at most " + LONGEST + ").")
  private @Nullable Integer length;

  TextOptions() {}

  /**
   * Returns the windows, one a batch.
   *
   * @param models by the directory that they are from
   * @throws IllegalArgumentException if there is no text, too little of it, or no way to make ids of it that all models know
   */
  List<TokenBatch> batches(Map<Path, LanguageModel> models) {
    if ((text == null) == (ids == null)) {
      throw new IllegalArgumentException("give a text with --text, or token ids with --ids");
    }
    if (ids != null) {
      return List.of(TokenBatch.read(ids));
    }
    if (windows < 1) {
      throw new IllegalArgumentException("--windows must be at least 1, not %d".formatted(windows));
    }
    int context = models.values().stream().mapToInt(model -> model.configuration().contextLength()).min().orElseThrow();
    int wanted = length != null ? length : Math.min(context, LONGEST);
    if (wanted > context) {
      throw new IllegalArgumentException("--length is %d, but the models have a context of %d".formatted(wanted, context));
    }
    List<TokenBatch> all = WindowSampler.of(stream(documents(text), models)).inOrder(1, wanted);
    if (all.size() < windows) {
      throw new IllegalArgumentException("%s has %d windows of %d tokens, not %d; lower --windows or --length, or give more text"
          .formatted(text, all.size(), wanted, windows));
    }
    List<TokenBatch> spread = new ArrayList<>();
    for (int i = 0; i < windows; i++) {
      spread.add(all.get((int) ((long) all.size() * i / windows)));
    }
    return spread;
  }

  private static List<String> documents(Path file) {
    return file.toString().endsWith(".jsonl") ? Documents.readJsonLines(file, List.of("text")) : Documents.readText(file);
  }

  private TokenStream stream(List<String> documents, Map<Path, LanguageModel> models) {
    List<Path> sources = tokenizer != null ? List.of(tokenizer)
        : models.keySet().stream().filter(directory -> Files.exists(directory.resolve("tokenizer.json"))).toList();
    if (sources.isEmpty()) {
      TokenStream stream = encoded(documents, new ByteTokenizer(), "bytes", models);
      System.err.printf("no tokenizer.json in %s: every byte of the text is a token%n", models.keySet());
      return stream;
    }
    TokenStream first = null;
    for (Path source : sources) {
      try (PretrainedTokenizer pretrained = PretrainedTokenizer.open(source)) {
        TokenStream stream = encoded(documents, pretrained, source.toString(), models);
        if (first != null && !first.equals(stream)) {
          throw new IllegalArgumentException("the tokenizers of %s and %s read the text differently; name one with --tokenizer"
              .formatted(sources.get(0), source));
        }
        first = stream;
      }
    }
    return Objects.requireNonNull(first);
  }

  private static TokenStream encoded(List<String> documents, Tokenizer tokenizer, String name, Map<Path, LanguageModel> models) {
    // A text that is one document needs no end token, which not every vocabulary has.
    TokenStream stream = documents.size() == 1
        ? TokenStream.of(tokenizer.encode(documents.get(0)), tokenizer.endToken()) : TokenStream.from(documents, tokenizer);
    int largest = Arrays.stream(stream.toArray()).max().orElse(0);
    models.forEach((directory, model) -> {
      int vocabulary = model.configuration().vocabularySize();
      if (largest >= vocabulary) {
        throw new IllegalArgumentException(
            "%s knows ids below %d, but the text as %s has %d; name its tokenizer with --tokenizer, or give --ids".formatted(directory, vocabulary, name, largest));
      }
    });
    return stream;
  }
}
