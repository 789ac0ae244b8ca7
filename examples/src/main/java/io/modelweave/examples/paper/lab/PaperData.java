package io.modelweave.examples.paper.lab;

import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.text.TokenSplit;
import io.modelweave.core.text.TokenStream;
import io.modelweave.core.text.WindowSampler;
import io.modelweave.examples.corpora.SyntheticCorpora;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;

/**
 * The four corpora of an experiment, tokenised alike.
 *
 * @param description where they come from, for the report
 * @param vocabularySize token ids there are
 * @param context tokens the models read at once
 * @param pretraining general text
 * @param maths of the first specialist
 * @param code of the second specialist
 * @param target that needs both
 */
public record PaperData(String description, int vocabularySize, int context, TokenSplit pretraining, TokenSplit maths, TokenSplit code,
    TokenSplit target) {

  /** Context for generated text, whose documents have some thirty words. */
  public static final int GENERATED_CONTEXT = 48;

  /** Returns the generated languages of a seed. */
  public static PaperData generated(long seed) {
    SyntheticCorpora corpora = SyntheticCorpora.of(seed);
    return new PaperData("generated languages, seed " + seed, corpora.tokenizer().vocabularySize(), GENERATED_CONTEXT,
        corpora.pretraining(), corpora.maths(), corpora.code(), corpora.target());
  }

  /** Returns random windows of a stream: inputs of {@code context} tokens and the token after each. */
  public Iterable<TokenBatch> batches(TokenStream stream, int batch, int count, long seed) {
    return WindowSampler.of(stream).batches(batch, context + 1, count, seed);
  }

  /** Returns random windows of exactly {@code context} tokens, as activations are recorded on; each batch but the last is full. */
  public Iterable<TokenBatch> samples(TokenStream stream, int count, int batch, long seed) {
    if (count % batch == 0) {
      return WindowSampler.of(stream).batches(batch, context, count / batch, seed);
    }
    return WindowSampler.of(stream).batches(count, context, 1, seed);
  }

  /** Returns the batches of both in turn; both must have as many. */
  static Iterable<TokenBatch> alternate(Iterable<TokenBatch> first, Iterable<TokenBatch> second) {
    return () -> new Iterator<>() {
      private Iterator<TokenBatch> next = first.iterator();
      private Iterator<TokenBatch> other = second.iterator();

      @Override
      public boolean hasNext() {
        return next.hasNext();
      }

      @Override
      public TokenBatch next() {
        TokenBatch batch = next.next();
        Iterator<TokenBatch> read = next;
        next = other;
        other = read;
        return batch;
      }
    };
  }

  /** Returns the SHA-256 of all tokens, in hexadecimal: a changed file has another. */
  public String digest() {
    MessageDigest digest = sha256();
    for (TokenSplit split : List.of(pretraining, maths, code, target)) {
      for (TokenStream stream : List.of(split.train(), split.validation())) {
        int[] tokens = stream.toArray();
        ByteBuffer bytes = ByteBuffer.allocate(4 + 4 * tokens.length).putInt(tokens.length);
        bytes.asIntBuffer().put(tokens);
        digest.update(bytes.array());
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
