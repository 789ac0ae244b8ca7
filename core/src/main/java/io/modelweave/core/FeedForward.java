package io.modelweave.core;

import io.modelweave.core.transformer.BlockGraph;
import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The slot of a transformer block where its MLP sits: {@code [N, d]} to {@code [N, d]}, for {@code N = B * T} tokens.
 *
 * <p>Whoever supplies another {@code FeedForward} to {@link LanguageModel#withFeedForwards} changes what happens there; nothing else
 * in the model knows. A model's own MLP is an {@link io.modelweave.core.transformer.Mlp}; a mixture or a router over several MLPs
 * calls their {@link #build} and combines the results. What changes the attention too, or the whole block, is a
 * {@link io.modelweave.core.transformer.BlockLayer}.
 *
 * <p>Implementations are immutable in structure; the arrays of {@link #parameters()} change in place when they are trained.
 */
public interface FeedForward {

  /**
   * Adds the operations of this layer to a graph and returns their output {@code [N, d]}.
   *
   * @param graph the block that is being built: hands out parameters as graph variables and publishes named values
   * @param input {@code [N, d]}, the block's residual stream after its second norm
   */
  SDVariable build(BlockGraph graph, SDVariable input);

  /**
   * Returns every parameter this layer reads, by its name in the whole model (for instance
   * {@code transformer.h.3.mlp.c_fc.weight}). The arrays are the live ones, not copies.
   */
  Map<String, INDArray> parameters();
}
