package io.modelweave.benchmarks.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** If cases were matched by text, a peer that names its parameters in another order would have a row of its own. */
class CaseTest {

  @Test
  void should_read_what_it_writes() {
    Case measured = new Case("merge", Map.of("type", "FLOAT", "method", "ties"));

    assertThat(measured).hasToString("merge method=ties type=FLOAT");
    assertThat(Case.parse(measured.toString())).isEqualTo(measured);
  }

  @Test
  void should_not_care_about_the_order_of_parameters() {
    assertThat(Case.parse("merge type=FLOAT method=ties")).isEqualTo(Case.parse(" merge method=ties   type=FLOAT "));
  }

  @Test
  void should_refuse_a_word_that_is_no_parameter() {
    assertThatThrownBy(() -> Case.parse("map 13 x 13")).isInstanceOf(IllegalArgumentException.class)
        .hasMessage("\"map 13 x 13\" is no case: \"13\" is not of the form key=value");
  }
}
