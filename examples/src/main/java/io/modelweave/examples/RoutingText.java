package io.modelweave.examples;

import io.modelweave.core.text.ByteTokenizer;
import io.modelweave.core.text.Documents;
import io.modelweave.core.text.PretrainedTokenizer;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.text.TokenSplit;
import io.modelweave.core.text.TokenStream;
import io.modelweave.core.text.Tokenizer;
import io.modelweave.core.text.WindowSampler;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options that name a text to train routers on, of which the last tenth is held out. */
final class RoutingText {

  private static final double HELD_OUT = 0.1;
  private static final int HELD_OUT_BATCHES = 32; // at most

  @Spec(Spec.Target.MIXEE) private CommandSpec spec;

  @Option(names = "--text", required = true, paramLabel = "FILE",
      description = "UTF-8 text, or .jsonl with a field \"text\"; a tenth is held out.")
  private Path text;

  @Option(names = "--tokenizer", paramLabel = "PATH",
      description = "tokenizer.json or a folder with one (default: that of MODEL_A, else bytes).")
  private @Nullable Path tokenizer;

  @Option(names = "--length", defaultValue = "64", paramLabel = "T", description = "Positions in a window (default: ${DEFAULT-VALUE}).")
  private int length;

  @Option(names = "--batch", defaultValue = "8", paramLabel = "B", description = "Windows in a step (default: ${DEFAULT-VALUE}).")
  private int batch;

  @SuppressWarnings("NullAway.Init") // picocli sets them
  RoutingText() {}

  /** What routers are trained and measured on. */
  record Windows(Iterable<TokenBatch> training, List<TokenBatch> heldOut) {}

  /**
   * Returns windows of {@code length + 1} ids.
   *
   * @param host directory of the model whose tokenizer is used unless another is named
   * @param vocabulary ids that all models know
   * @param context positions that all models read
   * @throws IllegalArgumentException if the text is too short, or not in ids that the models know
   */
  Windows windows(Path host, int vocabulary, int context, long seed) {
    if (length > context) {
      throw new IllegalArgumentException("--length is %d, but the models have a context of %d".formatted(length, context));
    }
    TokenSplit split = stream(host, vocabulary).split(HELD_OUT, seed);
    List<TokenBatch> heldOut = WindowSampler.of(split.validation()).inOrder(batch, length + 1);
    return new Windows(WindowSampler.of(split.train()).batches(batch, length + 1, seed),
        heldOut.subList(0, Math.min(heldOut.size(), HELD_OUT_BATCHES)));
  }

  private TokenStream stream(Path host, int vocabulary) {
    List<String> documents = text.toString().endsWith(".jsonl") ? Documents.readJsonLines(text, List.of("text")) : Documents.readText(text);
    Path source = tokenizer != null ? tokenizer : Files.exists(host.resolve("tokenizer.json")) ? host : null;
    if (source == null) {
      spec.commandLine().getErr().printf("note: %s has no tokenizer.json, so the text is read as bytes; --tokenizer names another%n", host);
      return encoded(documents, new ByteTokenizer(), "bytes", vocabulary);
    }
    try (PretrainedTokenizer pretrained = PretrainedTokenizer.open(source)) {
      return encoded(documents, pretrained, source.toString(), vocabulary);
    }
  }

  private static TokenStream encoded(List<String> documents, Tokenizer tokenizer, String name, int vocabulary) {
    TokenStream stream = documents.size() == 1 // one document needs no end token, which not every vocabulary has
        ? TokenStream.of(tokenizer.encode(documents.get(0)), tokenizer.endToken()) : TokenStream.from(documents, tokenizer);
    int largest = Arrays.stream(stream.toArray()).max().orElse(0);
    if (largest >= vocabulary) {
      throw new IllegalArgumentException("the models know ids below %d, but the text as %s has %d; name their tokenizer with --tokenizer"
          .formatted(vocabulary, name, largest));
    }
    return stream;
  }
}
