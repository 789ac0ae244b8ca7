package io.modelweave.core.transformer;

import io.modelweave.core.FeedForward;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * A layer in the MLP slot that takes over more of its block: the attention branch, or all from residual stream to residual stream.
 *
 * <p>It is given to {@link io.modelweave.core.LanguageModel#withFeedForwards} like any other. {@link #build(BlockParts, SDVariable)} is
 * called instead of the block; {@link #build(BlockGraph, SDVariable)} where that asks the block for its MLP branch.
 */
public interface BlockLayer extends FeedForward {

  /**
   * Adds the operations of the block and returns the residual stream after it, {@code [N, d]}.
   *
   * @param block the block that this layer sits in, as its model has it
   * @param x {@code [N, d]}, the residual stream before it
   */
  SDVariable build(BlockParts block, SDVariable x);
}
