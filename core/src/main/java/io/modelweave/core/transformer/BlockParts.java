package io.modelweave.core.transformer;

import io.modelweave.core.FeedForward;
import java.util.function.UnaryOperator;
import org.nd4j.autodiff.samediff.SDVariable;

/** One block of a model in a graph under construction, to be added as it is or with another attention branch; see {@link BlockLayer}. */
public final class BlockParts {

  private final Decoder decoder;
  private final int layer;
  private final FeedForward feedForward;

  BlockParts(Decoder decoder, int layer, FeedForward feedForward) {
    this.decoder = decoder;
    this.layer = layer;
    this.feedForward = feedForward;
    decoder.graph.enter(layer);
  }

  /**
   * Adds the attention branch without its norm and returns its output {@code [N, d]}.
   *
   * @param input {@code [N, d]}, the residual stream after the norm
   */
  public SDVariable attention(SDVariable input) {
    return decoder.attention(layer, input);
  }

  /**
   * Adds the whole block, with norms and what is in the MLP slot, and returns the residual stream after it.
   *
   * @param x {@code [N, d]}, the residual stream before it
   */
  public SDVariable build(SDVariable x) {
    return build(x, this::attention);
  }

  /**
   * Adds the whole block with another attention branch and returns the residual stream after it.
   *
   * @param x {@code [N, d]}, the residual stream before it
   * @param attention takes the block's normalised input {@code [N, d]} and returns what is added to the residual stream
   */
  public SDVariable build(SDVariable x, UnaryOperator<SDVariable> attention) {
    return decoder.block(layer, x, attention, feedForward);
  }

  /**
   * Returns the block of the same number of another model, with the model's own MLP, to be added to this graph.
   *
   * @throws IllegalArgumentException if the graph is for longer sequences than the other model's context
   */
  public BlockParts of(GuestModel guest) {
    return new BlockParts(decoder.guest(guest), layer, guest.configuration().feedForward(layer, guest.parameters()));
  }
}
