package io.modelweave.benchmarks.suite;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What a reader sees. */
class NumbersTest {

  @Test
  void should_find_the_median_of_even_and_odd_counts() {
    assertThat(Numbers.median(new double[] {3, 1, 2})).isEqualTo(2);
    assertThat(Numbers.median(new double[] {4, 1, 2, 3})).isEqualTo(2.5);
    assertThat(Numbers.spread(new double[] {3, 1, 2})).isEqualTo(0.5);
  }

  @Test
  void should_print_the_digits_that_count() {
    assertThat(Numbers.plain(0.914)).isEqualTo("0.91");
    assertThat(Numbers.plain(0.0039)).isEqualTo("0.004");
    assertThat(Numbers.plain(65.44)).isEqualTo("65.4");
    assertThat(Numbers.plain(1782.4)).isEqualTo("1,782");
    assertThat(Numbers.plain(Double.NaN)).isEmpty();
    assertThat(Numbers.percent(0.804)).isEqualTo("80 %");
  }

  @Test
  void should_print_rates_with_a_prefix() {
    assertThat(Numbers.rate(1.416e9, "B")).isEqualTo("1.42 GB/s");
    assertThat(Numbers.rate(226e6, "elements")).isEqualTo("226 M elements/s");
    assertThat(Numbers.rate(573, "tokens")).isEqualTo("573 tokens/s");
    assertThat(Numbers.rate(Double.NaN, "tokens")).isEmpty();
  }
}
