package io.modelweave.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ModelMismatchExceptionTest {

  @Test
  void should_list_ten_problems_and_count_the_others() {
    List<String> problems = IntStream.range(0, 13).mapToObj("p%d;"::formatted).toList();

    ModelMismatchException mismatch = new ModelMismatchException("cannot do it", problems);

    assertThat(mismatch.problems()).isEqualTo(problems);
    assertThat(mismatch).hasMessageStartingWith("cannot do it: 13 mismatches").hasMessageContaining("p9;").hasMessageEndingWith("and 3 more");
    assertThat(mismatch.getMessage()).doesNotContain("p10;");
  }
}
