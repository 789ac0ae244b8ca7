package io.modelweave.examples.paper.lab;

import io.modelweave.core.text.ByteTokenizer;
import io.modelweave.core.text.Documents;
import io.modelweave.core.text.PretrainedTokenizer;
import io.modelweave.core.text.TokenSplit;
import io.modelweave.core.text.TokenStream;
import io.modelweave.core.text.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The corpora of an experiment as files.
 *
 * @param pretraining general text
 * @param maths of the first specialist
 * @param code of the second specialist
 * @param target that needs both
 * @param tokenizer a tokenizer.json or a folder with GPT-2's files; bytes if null
 */
public record DataFiles(Source pretraining, Source maths, Source code, Source target, @Nullable Path tokenizer) {

  private static final double VALIDATION_SHARE = 0.1;

  /**
   * One corpus on disk.
   *
   * @param file .txt, .jsonl, or .json of token ids
   * @param fields of a .jsonl that make up a document, {@code text} if none are named
   */
  public record Source(Path file, List<String> fields) {

    private TokenStream tokens(Tokenizer tokenizer, int vocabularySize) {
      if (Files.isDirectory(file)) {
        throw new IllegalArgumentException("%s is a folder; give a .txt or .jsonl file".formatted(file));
      }
      if (file.toString().endsWith(".json")) {
        // GPT-2's end token is the last id of its vocabulary.
        return TokenStream.readIds(file, vocabularySize - 1);
      }
      boolean unnamed = fields.isEmpty() && file.toString().endsWith(".jsonl");
      return TokenStream.from(Documents.read(file, unnamed ? List.of("text") : fields), tokenizer);
    }
  }

  /**
   * Returns the corpora; a tenth of each is kept for validation.
   *
   * @param vocabularySize ids that the base knows; 0 for as many as the tokenizer has
   * @throws IllegalArgumentException naming the file, if it is a folder, empty, not UTF-8, not JSON lines with these fields, has a token
   *     that the base does not know, or either part is shorter than one window
   * @throws java.io.UncheckedIOException if a file is missing or cannot be read
   */
  public PaperData read(int context, int vocabularySize, long seed) {
    Tokenizer encoder = tokenizer == null ? new ByteTokenizer() : PretrainedTokenizer.open(tokenizer);
    int ids = vocabularySize > 0 ? vocabularySize : encoder.vocabularySize();
    return new PaperData("pretraining %s, maths %s, code %s, target %s".formatted(pretraining.file().getFileName(),
        maths.file().getFileName(), code.file().getFileName(), target.file().getFileName()), ids, context,
        split(pretraining, encoder, ids, context, seed), split(maths, encoder, ids, context, seed),
        split(code, encoder, ids, context, seed), split(target, encoder, ids, context, seed));
  }

  private static TokenSplit split(Source source, Tokenizer tokenizer, int vocabularySize, int context, long seed) {
    TokenStream whole = source.tokens(tokenizer, vocabularySize);
    if (whole.length() <= context) {
      throw new IllegalArgumentException("%s has %d tokens but one window needs %d; give more text"
          .formatted(source.file(), whole.length(), context + 1));
    }
    int largest = Arrays.stream(whole.toArray()).max().orElseThrow();
    if (largest >= vocabularySize) {
      throw new IllegalArgumentException("%s has the token %d, but the base knows ids below %d; name its tokenizer with --tokenizer"
          .formatted(source.file(), largest, vocabularySize));
    }
    TokenSplit split = whole.split(VALIDATION_SHARE, seed);
    int shorter = Math.min(split.train().length(), split.validation().length());
    if (shorter <= context) {
      throw new IllegalArgumentException("%s: of its %d tokens, %d train and %d validate, but one window needs %d; give more text"
          .formatted(source.file(), whole.length(), split.train().length(), split.validation().length(), context + 1));
    }
    return split;
  }
}
