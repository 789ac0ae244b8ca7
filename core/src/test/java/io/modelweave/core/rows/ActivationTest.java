package io.modelweave.core.rows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** If a non-linearity were off, routed models would differ from the dense models that they are made of. */
class ActivationTest {

  private static final double CLOSE = 2.5e-7; // as documented
  private static final int COUNT = 512;

  /** {@code G(x)}, the distribution function, in DOUBLE. */
  private static double distribution(Activation activation, double x) {
    return switch (activation) {
      case SILU -> 1 / (1 + Math.exp(-x));
      case GELU_TANH -> 0.5 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
      case GELU_EXACT -> x < 0 ? normalTail(-x) : 1 - normalTail(x);
    };
  }

  /** {@code 1 - Phi(x)} for {@code x >= 0}: a power series near 0, else a continued fraction (Abramowitz and Stegun 26.2.11 and .14). */
  private static double normalTail(double x) {
    double density = Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
    if (x < 3) {
      double sum = 0;
      double term = x;
      for (int n = 1; n < 200; n++) {
        sum += term;
        term *= x * x / (2 * n + 1);
      }
      return 0.5 - density * sum;
    }
    double fraction = x;
    for (int n = 200; n > 0; n--) {
      fraction = x + n / fraction;
    }
    return density / fraction;
  }

  private static double value(Activation activation, double x) {
    return x * distribution(activation, x);
  }

  private static double slope(Activation activation, double x) {
    double h = 1e-4;
    return (8 * (value(activation, x + h) - value(activation, x - h)) - (value(activation, x + 2 * h) - value(activation, x - 2 * h)))
        / (12 * h);
  }

  @ParameterizedTest
  @EnumSource
  void should_give_value_and_slope_of_the_definition(Activation activation) {
    float[] x = new float[COUNT];
    float[] tails = new float[COUNT];
    float[] densities = new float[COUNT];
    float[] values = new float[COUNT];
    float[] slopes = new float[COUNT];
    for (int part = -20; part < 20; part++) {
      for (int i = 0; i < COUNT; i++) {
        x[i] = part + i / (float) COUNT; // from -20 to 20
      }
      activation.distribution(x, tails, densities, COUNT);
      Activation.values(x, tails, values, COUNT);
      Activation.slopes(x, tails, densities, slopes, COUNT);
      for (int i = 0; i < COUNT; i++) {
        double scale = Math.max(1, Math.abs(x[i]));
        assertThat((double) values[i]).as("value at %s", x[i]).isCloseTo(value(activation, x[i]), within(CLOSE * scale));
        assertThat((double) slopes[i]).as("slope at %s", x[i]).isCloseTo(slope(activation, x[i]), within(CLOSE));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void should_end_at_zero_or_the_identity_and_pass_on_what_is_not_a_number(Activation activation) {
    float[] x = {0, -0f, 1e-40f, -1e-40f, 1e20f, -1e20f, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN};
    float[] tails = new float[x.length];
    float[] densities = new float[x.length];
    float[] values = new float[x.length];
    float[] slopes = new float[x.length];

    activation.distribution(x, tails, densities, x.length);
    Activation.values(x, tails, values, x.length);
    Activation.slopes(x, tails, densities, slopes, x.length);

    assertThat(values).containsExactly(new float[] {0, 0, 0, 0, 1e20f, 0, Float.POSITIVE_INFINITY, 0, Float.NaN}, within(1e-8f));
    assertThat(slopes).containsExactly(new float[] {0.5f, 0.5f, 0.5f, 0.5f, 1, 0, 1, 0, Float.NaN}, within(1e-6f));
  }
}
