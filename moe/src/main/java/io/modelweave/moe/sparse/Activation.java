package io.modelweave.moe.sparse;

import io.modelweave.core.transformer.Gelu;

/**
 * A non-linearity {@code x G(x)}, where {@code G} is a symmetric distribution function.
 *
 * <p>All that differs is {@code G}'s tail {@code q = 1 - G(|x|)} and density {@code p = G'(x)}: the value is {@code max(x, 0) - |x| q}
 * and its slope, with the sign {@code s} of {@code x}, {@code (1 + s) / 2 - s q + x p}. Loops are short, without branch or call, so that
 * the compiler makes vector operations of them, which take a third of the time of ND4J's {@code erf} and {@code exp}. FLOAT; value and
 * slope are off by at most 2.5e-7, where they are larger than 1 by so much of them.
 */
enum Activation {
  /** {@code G = sigmoid(b x + a x^3)}: GELU by tanh; see {@link Gelu#TANH}. */
  GELU_TANH {
    @Override
    void exponents(float[] x, float[] exponents, int count) {
      for (int i = 0; i < count; i++) {
        exponents[i] = Math.abs(x[i]) * (LINEAR + CUBIC * x[i] * x[i]);
      }
    }

    @Override
    void tails(float[] x, float[] decays, float[] densities, int count) {
      for (int i = 0; i < count; i++) {
        float q = decays[i] / (1 + decays[i]);
        float bounded = Math.min(Math.abs(x[i]), FAR);
        densities[i] = q * (1 - q) * (LINEAR + 3 * CUBIC * bounded * bounded);
        decays[i] = q;
      }
    }
  },
  /** {@code G = Phi(x)}, the normal distribution: exact GELU; see {@link Gelu#EXACT}. */
  GELU_EXACT {
    @Override
    void exponents(float[] x, float[] exponents, int count) {
      for (int i = 0; i < count; i++) {
        exponents[i] = 0.5f * x[i] * x[i];
      }
    }

    @Override
    void tails(float[] x, float[] decays, float[] densities, int count) {
      for (int i = 0; i < count; i++) { // q = exp(-x^2/2) w(|x|); the error of w is below 2e-8 exp(x^2/2) / max(1, |x|)
        float v = 1 / (1 + 0.39f * Math.abs(x[i]));
        float w = v * (0.15147397f + v * (0.19410253f + v * (-0.01570206f + v * (0.37388847f + v * (-0.25738048f + v * 0.05361756f)))));
        densities[i] = NORMAL * decays[i];
        decays[i] *= w;
      }
    }
  },
  /** {@code G = sigmoid(x)}: SiLU. */
  SILU {
    @Override
    void exponents(float[] x, float[] exponents, int count) {
      for (int i = 0; i < count; i++) {
        exponents[i] = Math.abs(x[i]);
      }
    }

    @Override
    void tails(float[] x, float[] decays, float[] densities, int count) {
      for (int i = 0; i < count; i++) {
        float q = decays[i] / (1 + decays[i]);
        densities[i] = q * (1 - q);
        decays[i] = q;
      }
    }
  };

  private static final float LINEAR = (float) (2 * Math.sqrt(2 / Math.PI));
  private static final float CUBIC = 0.044715f * LINEAR;
  private static final float NORMAL = (float) (1 / Math.sqrt(2 * Math.PI));
  private static final float LONGEST = 25; // exp(-25) is 1.4e-11: nothing beside 1
  private static final float FAR = 64; // where the value is max(x, 0)

  static Activation of(Gelu gelu) {
    return gelu == Gelu.TANH ? GELU_TANH : GELU_EXACT;
  }

  /**
   * Writes {@code q} and {@code p} of the first {@code count} numbers.
   *
   * @param x not modified
   */
  final void distribution(float[] x, float[] tails, float[] densities, int count) {
    exponents(x, tails, count);
    decay(tails, count);
    tails(x, tails, densities, count);
  }

  /** Writes {@code t} for which {@link #tails} wants {@code exp(-t)}. */
  abstract void exponents(float[] x, float[] exponents, int count);

  /** Writes {@code q} in the place of {@code exp(-t)}, and {@code p}. */
  abstract void tails(float[] x, float[] decays, float[] densities, int count);

  /** Writes {@code exp(-t)} in the place of {@code t >= 0}: squared four times, the minimax polynomial for {@code exp(-t / 16) - 1}. */
  private static void decay(float[] t, int count) {
    for (int i = 0; i < count; i++) {
      float s = Math.min(t[i], LONGEST) * (-1 / 16f);
      float root = s * (1 + s * (0.49999953f + s * (0.16666182f + s * (0.041647328f + s * (0.0082932893f + s * (0.0013413964f
          + s * (0.00016530585f + s * 0.000011608188f)))))));
      float eighth = root * (2 + root); // (1 + root)^2 - 1, without the digits that 1 would cost
      float quarter = 1 + eighth * (2 + eighth);
      float half = quarter * quarter;
      t[i] = half * half;
    }
  }

  /** Writes the values; {@code values} may be {@code x}. */
  static void values(float[] x, float[] tails, float[] values, int count) {
    for (int i = 0; i < count; i++) {
      values[i] = Math.max(x[i], 0) - Math.min(Math.abs(x[i]), FAR) * tails[i];
    }
  }

  /** Writes the derivatives. */
  static void slopes(float[] x, float[] tails, float[] densities, float[] slopes, int count) {
    for (int i = 0; i < count; i++) {
      float sign = Math.max(-1, Math.min(1, x[i] * 1e30f));
      slopes[i] = 0.5f + sign * (0.5f - tails[i]) + Math.max(-FAR, Math.min(FAR, x[i])) * densities[i];
    }
  }
}
