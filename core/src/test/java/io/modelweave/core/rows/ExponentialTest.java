package io.modelweave.core.rows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** If exp were off by more than it says, so would be every probability, loss and non-linearity. */
class ExponentialTest {

  private static final double ABSOLUTE = 2.2e-7; // as documented
  private static final double RELATIVE_TO_20 = 6e-5;

  @Test
  void should_be_as_close_as_documented() {
    float[] t = new float[90_001];
    for (int i = 0; i < t.length; i++) {
      t[i] = i / 1000f; // 0 to 90
    }
    float[] results = t.clone();

    Exponential.decay(results, results.length);

    for (int i = 0; i < t.length; i++) {
      double exact = Math.exp(-t[i]);
      double close = t[i] <= 20 ? Math.min(ABSOLUTE, RELATIVE_TO_20 * exact) : RELATIVE_TO_20 * Math.exp(-20);
      assertThat((double) results[i]).as("exp(-%s)", t[i]).isCloseTo(exact, within(close));
    }
  }

  @Test
  void should_be_the_same_for_all_that_is_far() {
    float[] far = {50, 51, 1e9f, Float.POSITIVE_INFINITY};

    Exponential.decay(far, 4);

    assertThat(far).containsOnly(Exponential.LEAST);
    assertThat(Exponential.LEAST).isBetween(1e-22f, 3e-22f);
  }
}
