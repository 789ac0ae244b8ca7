package io.modelweave.core.transformer;

/**
 * Rotary position embedding: pairs {@code (i, i + r/2)} of the first {@code r} features of each head turn by
 * {@code position * theta^(-2 i / r)}, for {@code i < r/2}.
 *
 * <p>Source: Su et al., "RoFormer", 2021, arXiv 2104.09864, equation 34; the pairing is that of GPT-NeoX and Hugging Face.
 *
 * @param theta base of the wavelengths, usually 10000
 * @param fraction part of each head that turns, in (0, 1]
 * @param scaling what is done to the frequencies
 */
public record RotaryEmbedding(double theta, double fraction, RotaryScaling scaling) {

  /** Checks the values. */
  public RotaryEmbedding {
    if (!(theta > 0) || !(fraction > 0 && fraction <= 1)) {
      throw new IllegalArgumentException("rotary theta is %s and fraction %s; theta must be positive and fraction in (0, 1]"
          .formatted(theta, fraction));
    }
  }

  /** Returns the embedding of whole heads without scaling. */
  public static RotaryEmbedding of(double theta) {
    return new RotaryEmbedding(theta, 1, new RotaryScaling.None());
  }

  /** Returns {@code r}, the features of a head that turn. */
  public int rotated(int headWidth) {
    return (int) (headWidth * fraction);
  }

  /** Returns the angle in radians of pair {@code i} at a position. */
  double angle(int position, int i, int headWidth) {
    return position * scaling.scaled(Math.pow(theta, -2.0 * i / rotated(headWidth)));
  }
}
