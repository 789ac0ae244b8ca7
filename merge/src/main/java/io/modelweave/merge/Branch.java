package io.modelweave.merge;

/**
 * What of each block {@link ActivationMerger} takes from several models; everything else is the host's.
 *
 * <p>Below {@code x} is the residual stream before the block, {@code w_i} the weight of model {@code i}, model 0 the host.
 */
public enum Branch {

  /** {@code sum w_i MLP_i(u)} on the same {@code u}, the stream after the host's norm; attention is the host's. The paper's choice. */
  MLP,

  /**
   * {@code sum w_i attention_i(u)} on the same {@code u}, the stream after the host's norm, each model with its own projections, heads and
   * positions; the MLP is the host's.
   */
  ATTENTION,

  /** {@code sum w_i block_i(x)}: each model's whole block, its own norms included, on the same mixed stream. */
  BLOCK
}
