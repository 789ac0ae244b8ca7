package io.modelweave.core;

/**
 * How the activations of one batch, {@code [B, T, d]}, become rows of {@code [n, d]}.
 *
 * <p>A mask {@code [B, T]}, where the source has one, is always honoured: a position whose mask is 0 is in no row and no mean. Layers
 * that have no positions, {@code [B, d]}, are rows already; every pooling takes them as they are.
 */
public sealed interface Pooling {

  /** Every position is a sample: {@code n = B * T}, or fewer if there is a mask; ids are {@code sample:position}. */
  Pooling ALL_TOKENS = new Tokens(1);

  /** The mean over all positions is the sample: {@code n = B}, summed in double. This is the paper's choice. */
  Pooling MEAN = new Mean(false);

  /** As {@link #MEAN}, but a batch that comes without a mask is refused: for who counts on the padding being left out. */
  Pooling MASKED_MEAN = new Mean(true);

  /** The last position whose mask is not 0 is the sample: {@code n = B}. */
  Pooling LAST = new Last();

  /**
   * Every {@code k}-th position, counted from 0, is a sample: {@code n = B * ceil(T / k)}, or fewer if there is a mask; ids are
   * {@code sample:position}. Neighbouring positions are alike, so that a stride saves memory at little loss.
   *
   * @param k from 1, which is {@link #ALL_TOKENS}
   * @throws IllegalArgumentException if {@code k < 1}
   */
  static Pooling stride(int k) {
    return new Tokens(k);
  }

  /**
   * Positions as samples.
   *
   * @param stride how far apart they are, from 1
   */
  record Tokens(int stride) implements Pooling {

    /** Checks the stride. */
    public Tokens {
      if (stride < 1) {
        throw new IllegalArgumentException("stride %d: take every 1st, 2nd, ... position".formatted(stride));
      }
    }
  }

  /**
   * Means over positions.
   *
   * @param maskRequired whether a batch without a mask is refused
   */
  record Mean(boolean maskRequired) implements Pooling {}

  /** Last positions. */
  record Last() implements Pooling {}
}
