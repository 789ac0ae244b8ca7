package io.modelweave.core.transformer;

import io.modelweave.core.FeedForward;

/**
 * A model's own MLP: a {@link FeedForward} with one set of weights, referring to its model's live arrays. It is what mixtures and routers
 * are made of, whatever the family of the model.
 */
public interface Mlp extends FeedForward {

  /** Returns the prefix of the parameter names, for instance {@code transformer.h.3.mlp}. */
  String name();

  /** Returns {@code d}, the width of input and output. */
  long width();

  /** Returns the same weights, not copied, under another name: an expert of another model needs one that does not clash. */
  Mlp named(String newName);
}
