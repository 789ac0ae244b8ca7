package io.modelweave.core.transformer;

import io.modelweave.core.FeedForward;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * A model's own MLP: a {@link FeedForward} with one set of weights, referring to its model's live arrays. It is what mixtures and routers
 * are made of, whatever the family of the model.
 */
public interface Mlp extends FeedForward {

  /** Returns the prefix of the parameter names, for instance {@code transformer.h.3.mlp}. */
  String name();

  /** Returns {@code d}, the width of input and output. */
  long width();

  /**
   * Adds the first half of the operations and returns the hidden units {@code [N, f]}, after the non-linearity: what goes into the last
   * projection.
   *
   * @param input {@code [N, d]}
   */
  SDVariable hidden(BlockGraph graph, SDVariable input);

  /**
   * Adds the last projection and returns the output {@code [N, d]}.
   *
   * @param hidden {@code [N, f]}
   */
  SDVariable output(BlockGraph graph, SDVariable hidden);

  @Override
  default SDVariable build(BlockGraph graph, SDVariable input) {
    return output(graph, hidden(graph, input));
  }

  /** Returns the same weights, not copied, under another name: an expert of another model needs one that does not clash. */
  Mlp named(String newName);
}
