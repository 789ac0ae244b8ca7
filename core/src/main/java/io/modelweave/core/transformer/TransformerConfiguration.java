package io.modelweave.core.transformer;

/** The shape of a causal transformer, as in a Hugging Face {@code config.json}. */
public sealed interface TransformerConfiguration permits Gpt2Configuration {

  /** Returns {@code V}, the number of token ids. */
  int vocabularySize();

  /** Returns the longest sequence {@code T}. */
  int contextLength();

  /** Returns {@code d}, the width of the residual stream. */
  int width();

  /** Returns {@code L}, the number of blocks. */
  int layers();

  /** Returns the number of attention heads (of queries, where keys and values have fewer). */
  int heads();

  /** Returns whether the head is the token embedding. */
  boolean tiedHead();
}
