package io.modelweave.core.transformer;

/** How the frequencies of a {@link RotaryEmbedding} are changed so that a model reads more than it was pretrained on. */
public sealed interface RotaryScaling {

  /**
   * Returns the frequency to use.
   *
   * @param frequency the one of the plain embedding, in radians per position
   */
  double scaled(double frequency);

  /** Frequencies as they are; {@code rope_type} default. */
  record None() implements RotaryScaling {

    @Override
    public double scaled(double frequency) {
      return frequency;
    }
  }

  /**
   * Position interpolation: all frequencies divided by a factor; {@code rope_type} linear.
   *
   * <p>Source: Chen et al., "Extending Context Window of Large Language Models via Positional Interpolation", 2023, arXiv 2306.15595.
   *
   * @param factor positive
   */
  record Linear(double factor) implements RotaryScaling {

    /** Checks the factor. */
    public Linear {
      if (!(factor > 0)) {
        throw new IllegalArgumentException("the factor of linear rotary scaling is %s, must be positive".formatted(factor));
      }
    }

    @Override
    public double scaled(double frequency) {
      return frequency / factor;
    }
  }

  /**
   * Llama 3.1's: wavelengths above {@code originalContext / lowFactor} positions are stretched by the factor, those below
   * {@code originalContext / highFactor} kept, and frequencies between interpolated; {@code rope_type} llama3.
   *
   * <p>Source: the reference code released with Dubey et al., "The Llama 3 Herd of Models", 2024, arXiv 2407.21783.
   *
   * @param factor positive
   * @param lowFactor positive
   * @param highFactor larger than {@code lowFactor}
   * @param originalContext the context length of pretraining
   */
  record Llama3(double factor, double lowFactor, double highFactor, int originalContext) implements RotaryScaling {

    /** Checks the values. */
    public Llama3 {
      if (!(factor > 0) || !(lowFactor > 0) || !(highFactor > lowFactor) || originalContext < 1) {
        throw new IllegalArgumentException(("llama3 rotary scaling needs factor > 0, 0 < lowFactor < highFactor and originalContext > 0, "
            + "these are %s, %s, %s and %d").formatted(factor, lowFactor, highFactor, originalContext));
      }
    }

    @Override
    public double scaled(double frequency) {
      double turns = originalContext * frequency / (2 * Math.PI); // within the original context
      double kept = Math.min(1, Math.max(0, (turns - lowFactor) / (highFactor - lowFactor)));
      return (1 - kept) * frequency / factor + kept * frequency;
    }
  }
}
