package io.modelweave.benchmarks.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What can be asked for, and that every script that is named is there. */
class CatalogueTest {

  @Test
  void should_choose_parts_by_pattern() {
    assertThat(Catalogue.parts(List.of("^Merge")).stream().map(Part::name)).containsExactly("MergeFiles", "MergeBenchmark");
    assertThat(Catalogue.parts(List.of())).hasSizeGreaterThan(10);
  }

  @Test
  void should_name_all_parts_where_a_pattern_matches_none() {
    assertThatThrownBy(() -> Catalogue.parts(List.of("Merge", "Mrge"))).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("no benchmark matches \"Mrge\"", "CkaBenchmark", "MergeFiles");
  }

  @Test
  void should_name_scripts_that_exist() {
    List<String> scripts = Catalogue.parts(List.of()).stream().filter(JmhPart.class::isInstance)
        .flatMap(part -> ((JmhPart) part).peers().stream()).map(Peer::script).toList();

    assertThat(scripts).isNotEmpty().allSatisfy(script -> assertThat(Path.of("peers", script)).exists());
  }
}
