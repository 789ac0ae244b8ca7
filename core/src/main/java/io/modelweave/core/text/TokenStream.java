package io.modelweave.core.text;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Documents as one long run of token ids, each document followed by the end token. Immutable.
 *
 * <p>{@link #split} parts a stream for training and measuring; {@link WindowSampler} draws batches from it.
 */
public final class TokenStream {

  private final int[] tokens;
  private final int endToken;

  private TokenStream(int[] tokens, int endToken) {
    this.tokens = tokens;
    this.endToken = endToken;
  }

  /**
   * Returns the documents, encoded, each followed by the tokenizer's end token.
   *
   * @throws IllegalArgumentException if there are no documents
   */
  public static TokenStream from(List<String> documents, Tokenizer tokenizer) {
    if (documents.isEmpty()) {
      throw new IllegalArgumentException("no documents to make a token stream of");
    }
    IntStream.Builder tokens = IntStream.builder();
    for (String document : documents) {
      Arrays.stream(tokenizer.encode(document)).forEach(tokens);
      tokens.add(tokenizer.endToken());
    }
    return new TokenStream(tokens.build().toArray(), tokenizer.endToken());
  }

  /**
   * Returns a stream of these ids, copied.
   *
   * @param tokens ids in which {@code endToken} ends each document; the last one may be cut off
   * @throws IllegalArgumentException if there are no ids, or one is negative
   */
  public static TokenStream of(int[] tokens, int endToken) {
    if (tokens.length == 0) {
      throw new IllegalArgumentException("no tokens to make a token stream of");
    }
    VocabularyCheck.requireKnown(tokens, Integer.MAX_VALUE);
    return new TokenStream(tokens.clone(), endToken);
  }

  /**
   * Returns the documents that a file holds as ids, each followed by the end token where it does not end with it.
   *
   * @param file JSON, {@code {"input_ids": [[..], ..]}}, one row a document, of any lengths
   * @throws IllegalArgumentException naming the file, and the row and position of what is not an id, if it is not such JSON or holds no id
   * @throws java.io.UncheckedIOException if the file cannot be read
   */
  public static TokenStream readIds(Path file, int endToken) {
    IntStream.Builder tokens = IntStream.builder();
    int[][] documents = InputIds.rows(file);
    for (int[] document : documents) {
      Arrays.stream(document).forEach(tokens);
      if (document.length > 0 && document[document.length - 1] != endToken) {
        tokens.add(endToken);
      }
    }
    try {
      return of(tokens.build().toArray(), endToken);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("%s: %s".formatted(file, e.getMessage()), e);
    }
  }

  /** Returns the number of tokens, end tokens included. */
  public int length() {
    return tokens.length;
  }

  /** Returns the id that ends each document. */
  public int endToken() {
    return endToken;
  }

  /** Returns a copy of all ids. */
  public int[] toArray() {
    return tokens.clone();
  }

  /**
   * Returns a copy of the ids from {@code from} to before {@code to}.
   *
   * @throws IndexOutOfBoundsException if that is not within {@code [0, length()]}
   */
  public int[] slice(int from, int to) {
    java.util.Objects.checkFromToIndex(from, to, tokens.length);
    return Arrays.copyOfRange(tokens, from, to);
  }

  /** Returns the number of documents; a last one without its end token counts. */
  public int documents() {
    return boundaries().length - 1;
  }

  /**
   * Returns the stream in two parts. The documents of the validation part are drawn at random with the seed, a share of them
   * rounded to the nearest whole, at least one and not all; both parts keep the order of documents. A stream of a single
   * document is cut instead: the validation part is the last share of its tokens.
   *
   * @param validationShare the share of documents, or of tokens, in (0, 1)
   * @throws IllegalArgumentException if the share is not in (0, 1), or there are fewer than 2 tokens to part
   */
  public TokenSplit split(double validationShare, long seed) {
    if (!(validationShare > 0 && validationShare < 1)) {
      throw new IllegalArgumentException("the validation share is %s; it must be between 0 and 1, both excluded".formatted(validationShare));
    }
    if (tokens.length < 2) {
      throw new IllegalArgumentException("a stream of %d token cannot be split".formatted(tokens.length));
    }
    int[] bounds = boundaries();
    int documents = bounds.length - 1;
    if (documents == 1) {
      int cut = tokens.length - count(validationShare, tokens.length);
      return new TokenSplit(new TokenStream(slice(0, cut), endToken), new TokenStream(slice(cut, tokens.length), endToken));
    }
    List<Integer> order = new ArrayList<>(IntStream.range(0, documents).boxed().toList());
    Collections.shuffle(order, new Random(seed));
    BitSet held = new BitSet(documents);
    order.subList(0, count(validationShare, documents)).forEach(held::set);
    return new TokenSplit(only(bounds, held, false), only(bounds, held, true));
  }

  private static int count(double share, int of) {
    return (int) Math.max(1, Math.min(of - 1, Math.round(share * of)));
  }

  private TokenStream only(int[] bounds, BitSet held, boolean which) {
    IntStream.Builder kept = IntStream.builder();
    for (int d = 0; d + 1 < bounds.length; d++) {
      if (held.get(d) == which) {
        Arrays.stream(tokens, bounds[d], bounds[d + 1]).forEach(kept);
      }
    }
    return new TokenStream(kept.build().toArray(), endToken);
  }

  /** Where each document starts, and after the last, the end. */
  private int[] boundaries() {
    IntStream.Builder bounds = IntStream.builder();
    bounds.add(0);
    for (int i = 0; i < tokens.length; i++) {
      if (tokens[i] == endToken || i == tokens.length - 1) {
        bounds.add(i + 1);
      }
    }
    return bounds.build().toArray();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TokenStream that && endToken == that.endToken && Arrays.equals(tokens, that.tokens);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(tokens) + endToken;
  }

  @Override
  public String toString() {
    return "TokenStream[%d tokens in %d documents]".formatted(length(), documents());
  }
}
