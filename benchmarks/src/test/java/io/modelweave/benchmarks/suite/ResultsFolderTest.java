package io.modelweave.benchmarks.suite;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several runs fill one folder, and nothing of an earlier run is lost but what was measured anew. */
class ResultsFolderTest {

  @TempDir private Path folder;

  @Test
  void should_be_called_after_date_and_processor() {
    assertThat(ResultsFolder.ofToday(folder, "AMD EPYC").path()).isEqualTo(folder.resolve(LocalDate.now() + "-amd-epyc"));
    assertThat(ResultsFolder.ofToday(folder, "Intel(R) Xeon(R) Platinum 8370C CPU @ 2.80GHz").path())
        .isEqualTo(folder.resolve(LocalDate.now() + "-intel-xeon-platinum-8370c"));
  }

  @Test
  void should_read_what_it_writes_and_add_runs() {
    ResultsFolder results = new ResultsFolder(folder.resolve("new"));
    ResultTable table = new ResultTable(List.of(ResultTableTest.row("A", "x n=1", 12.5)));
    Environment environment = new Environment(Map.of("processor", "AMD EPYC"));

    results.write(table, environment, results.log().with("2026-11-24T10:00", "benchmarks/run A", 61, 0.5, 1.25, WorkTest.RATES, List.of()));
    results.write(table, environment,
        results.log().with("2026-11-24T11:00", "benchmarks/run B", 62, 0.5, 1.25, WorkTest.RATES, List.of("B, round 1: PyTorch (gone)")));

    assertThat(results.table()).isEqualTo(table);
    assertThat(results.environment()).isEqualTo(environment);
    assertThat(results.log().runs()).hasSize(2);
    assertThat(results.log().runs().get(1)).contains("benchmarks/run B", "100.00", "190.00", "B, round 1: PyTorch (gone)");
    assertThat(results.path().resolve("README.md")).content().contains("| A | x n=1 | 12.5 |", "| processor | AMD EPYC |", "benchmarks/run B");
  }

  @Test
  void should_keep_versions_that_a_later_run_does_not_know() {
    Environment before = new Environment(Map.of("torch", "2.13", "Java", "17"));

    assertThat(new Environment(Map.of("Java", "25")).over(before).values()).containsExactlyInAnyOrderEntriesOf(Map.of("Java", "25", "torch", "2.13"));
  }
}
