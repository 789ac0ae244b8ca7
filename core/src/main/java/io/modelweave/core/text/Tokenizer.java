package io.modelweave.core.text;

/**
 * A fixed map between text and token ids in {@code [0, vocabularySize())}.
 *
 * <p>{@link #encode} adds no special tokens of its own; what joins documents adds {@link #endToken()} after each.
 */
public interface Tokenizer {

  /**
   * Returns the ids of a text, in order; an empty array for an empty text.
   *
   * @throws IllegalArgumentException if the text holds something that has no id
   */
  int[] encode(String text);

  /**
   * Returns the text of ids.
   *
   * @throws IllegalArgumentException naming the first id that is not in the vocabulary
   */
  String decode(int[] ids);

  /** Returns the number of ids: one more than the largest. */
  int vocabularySize();

  /** Returns the id that ends a document. */
  int endToken();
}
