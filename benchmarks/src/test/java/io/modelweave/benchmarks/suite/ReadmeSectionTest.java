package io.modelweave.benchmarks.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The README shows measured numbers and no others. */
class ReadmeSectionTest {

  private static final Path README = Path.of("..", "README.md");

  @Test
  void should_show_in_the_readme_what_its_results_say() throws IOException {
    String readme = Files.readString(README);
    String folder = ReadmeSection.shown(readme).orElseThrow();
    ResultsFolder results = new ResultsFolder(README.resolveSibling(folder));

    assertThat(results.table().rows()).as("rows of %s", folder).isNotEmpty();
    assertThat(readme).isEqualTo(ReadmeSection.replace(readme, folder, results.table(), results.environment()));
  }

  @Test
  void should_replace_what_is_between_the_markers_only() {
    String readme = "before\n<!-- results: old/folder -->\nold numbers\n<!-- end of results -->\nafter\n";
    ResultTable table = new ResultTable(List.of(
        new ResultRow("Gpt2SmallBenchmark", Case.parse("hiddenStates threads=1"), 1782, 0, 0, "transformers", 1966, 0, 0, 1425, Double.NaN, ""),
        new ResultRow("MergeFiles", Case.parse("merge method=linear type=F32"), 890, 0, 99, "PyTorch", 2671, 0, 1957, 300, Double.NaN, ""),
        ResultTableTest.row("Unlisted", "x", 1)));

    String replaced = ReadmeSection.replace(readme, "new/folder", table, new Environment(Map.of("processor", "AMD EPYC", "torch", "2.13")));

    assertThat(replaced).startsWith("before\n<!-- results: new/folder -->\n").endsWith("<!-- end of results -->\nafter\n")
        .contains("| GPT-2 small, hidden states of 4 x 256 tokens | 1,782 | transformers | 1,966 | 0.91 | 80 % |")
        .contains("| linear, F32 | 0.89 | 99 | PyTorch | 2.67 | 1957 | 0.33 |")
        .contains("AMD EPYC", "PyTorch 2.13").doesNotContain("old numbers", "Unlisted");
    assertThat(ReadmeSection.shown(replaced)).contains("new/folder");
  }

  @Test
  void should_refuse_a_readme_without_markers() {
    assertThatThrownBy(() -> ReadmeSection.replace("nothing", "f", new ResultTable(List.of()), new Environment(Map.of())))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("<!-- end of results -->");
    assertThat(ReadmeSection.shown("nothing")).isEmpty();
  }
}
