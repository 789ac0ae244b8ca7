package io.modelweave.examples.paper;

import io.modelweave.core.text.ByteTokenizer;
import io.modelweave.core.text.Documents;
import io.modelweave.core.text.PretrainedTokenizer;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.text.TokenSplit;
import io.modelweave.core.text.TokenStream;
import io.modelweave.core.text.Tokenizer;
import io.modelweave.core.text.WindowSampler;
import io.modelweave.examples.corpora.SyntheticCorpora;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The four corpora of an experiment, tokenised alike.
 *
 * @param description where they come from, for the report
 * @param vocabularySize token ids there are
 * @param context tokens the models read at once
 */
record PaperData(String description, int vocabularySize, int context, TokenSplit pretraining, TokenSplit maths, TokenSplit code,
    TokenSplit target) {

  private static final double VALIDATION_SHARE = 0.1;

  /** One corpus on disk: a .txt or .jsonl file, and the fields of the latter that make up a document, {@code text} if none are named. */
  record Source(Path file, List<String> fields) {

    List<String> documents() {
      if (Files.isDirectory(file)) {
        throw new IllegalArgumentException("%s is a folder; give a .txt or .jsonl file".formatted(file));
      }
      boolean unnamed = fields.isEmpty() && file.toString().endsWith(".jsonl");
      return Documents.read(file, unnamed ? List.of("text") : fields);
    }
  }

  /** Returns the generated languages of a seed. */
  static PaperData generated(long seed) {
    SyntheticCorpora corpora = SyntheticCorpora.of(seed);
    return new PaperData("generated languages, seed " + seed, corpora.tokenizer().vocabularySize(), Scale.GENERATED_CONTEXT,
        corpora.pretraining(), corpora.maths(), corpora.code(), corpora.target());
  }

  /**
   * Returns corpora read from files; a tenth of each is kept for validation.
   *
   * @param tokenizer a tokenizer.json or a folder with GPT-2's files; bytes if null
   * @throws IllegalArgumentException naming the file, if it is a folder, empty, not UTF-8, not JSON lines with these fields, or either part
   *     is shorter than one window
   * @throws java.io.UncheckedIOException if a file is missing or cannot be read
   */
  static PaperData read(Source pretraining, Source maths, Source code, Source target, @Nullable Path tokenizer, int context, long seed) {
    Tokenizer encoder = tokenizer == null ? new ByteTokenizer() : PretrainedTokenizer.open(tokenizer);
    return new PaperData("pretraining %s, maths %s, code %s, target %s".formatted(pretraining.file().getFileName(),
        maths.file().getFileName(), code.file().getFileName(), target.file().getFileName()), encoder.vocabularySize(), context,
        split(pretraining, encoder, context, seed), split(maths, encoder, context, seed), split(code, encoder, context, seed),
        split(target, encoder, context, seed));
  }

  private static TokenSplit split(Source source, Tokenizer tokenizer, int context, long seed) {
    TokenStream whole = TokenStream.from(source.documents(), tokenizer);
    if (whole.length() <= context) {
      throw new IllegalArgumentException("%s has %d tokens but one window needs %d; give more text"
          .formatted(source.file(), whole.length(), context + 1));
    }
    TokenSplit split = whole.split(VALIDATION_SHARE, seed);
    int shorter = Math.min(split.train().length(), split.validation().length());
    if (shorter <= context) {
      throw new IllegalArgumentException("%s: of its %d tokens, %d train and %d validate, but one window needs %d; give more text"
          .formatted(source.file(), whole.length(), split.train().length(), split.validation().length(), context + 1));
    }
    return split;
  }

  /** Returns random windows of a stream: inputs of {@code context} tokens and the token after each. */
  Iterable<TokenBatch> batches(TokenStream stream, int batch, int count, long seed) {
    return windows(stream, batch, count, context, seed);
  }

  private static Iterable<TokenBatch> windows(TokenStream stream, int batch, int count, int context, long seed) {
    return WindowSampler.of(stream).batches(batch, context + 1, count, seed);
  }

  /** Returns samples for CKA: windows of exactly {@code context} tokens. */
  Iterable<TokenBatch> samples(TokenStream stream, int count, long seed) {
    return WindowSampler.of(stream).batches(count, context, 1, seed);
  }
}
