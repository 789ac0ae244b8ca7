package io.modelweave.benchmarks.suite;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The tables of the project's README, made from a folder of results and kept between two markers that name it. */
final class ReadmeSection {

  private static final Pattern BETWEEN = Pattern.compile("<!-- results: ([\\w./-]*) -->\\R.*?<!-- end of results -->", Pattern.DOTALL);

  private static final List<Line> TIMES = List.of(
      new Line("Gpt2SmallBenchmark hiddenStates threads=1", "GPT-2 small, hidden states of 4 x 256 tokens"),
      new Line("Gpt2SmallBenchmark hiddenStates threads=2", "GPT-2 small, hidden states of 4 x 256 tokens, two cores"),
      new Line("Gpt2SmallBenchmark trainingStep threads=1", "GPT-2 small, training step on 2 x 256 tokens, MLPs trained"),
      new Line("Gpt2SmallBenchmark trainingStep threads=2", "GPT-2 small, training step on 2 x 256 tokens, MLPs trained, two cores"),
      new Line("ActivationCaptureBenchmark capture recorded=MEAN", "GPT-2 small, 24 layers recorded over 2 x 256 tokens"),
      new Line("CkaBenchmark cheapest samples=4096 threads=1 type=FLOAT width=768", "linear CKA of two layers [4096, 768]"),
      new Line("CkaMapBenchmark linear samples=1024 threads=1 type=FLOAT", "linear CKA map, 13 x 13 layers [1024, 768]"),
      new Line("CkaMapBenchmark rbf samples=1024 threads=1 type=FLOAT", "RBF CKA map, the same layers"),
      new Line("RouterBlockBenchmark routed", "1,024 tokens through 2 of 8 experts, 768 x 3,072"),
      new Line("RouterTrainingBenchmark step topK=2", "training step of routers, 2 of 4 experts of width 128"),
      new Line("TrainingStepBenchmark step trained=ALL", "training step of a GPT-2 of 182 thousand parameters"),
      new Line("MergeBenchmark merge method=linear type=BFLOAT16", "linear merge in memory with report, 4 Mi elements, BF16"),
      new Line("MergeBenchmark merge method=ties type=BFLOAT16", "TIES in memory with report, 4 Mi elements, BF16"),
      new Line("CheckpointBenchmark copy how=CHECKPOINT", "copying a checkpoint of 249 MB, checked and forced to disk"));

  private static final List<Line> FILES = List.of(
      new Line("MergeFiles merge method=copy type=F32", "read two, write one, F32"),
      new Line("MergeFiles merge method=linear type=F32", "linear, F32"),
      new Line("MergeFiles merge method=linear process=command type=F32", "linear, F32, `examples/run merge`"),
      new Line("MergeFiles merge method=ties type=F32", "TIES, F32"),
      new Line("MergeFiles merge method=ties process=command type=F32", "TIES, F32, `examples/run merge`"),
      new Line("MergeFiles merge method=copy process=used type=F32", "read two, write one, F32, third time"),
      new Line("MergeFiles merge method=linear process=used type=F32", "linear, F32, third time"),
      new Line("MergeFiles merge method=ties process=used type=F32", "TIES, F32, third time"),
      new Line("MergeFiles merge method=copy type=BF16", "read two, write one, BF16"),
      new Line("MergeFiles merge method=linear type=BF16", "linear, BF16"),
      new Line("MergeFiles merge method=linear process=command type=BF16", "linear, BF16, `examples/run merge`"),
      new Line("MergeFiles merge method=ties type=BF16", "TIES, BF16"),
      new Line("MergeFiles merge method=ties process=command type=BF16", "TIES, BF16, `examples/run merge`"),
      new Line("MergeFiles merge method=copy process=used type=BF16", "read two, write one, BF16, third time"),
      new Line("MergeFiles merge method=linear process=used type=BF16", "linear, BF16, third time"),
      new Line("MergeFiles merge method=ties process=used type=BF16", "TIES, BF16, third time"));

  /**
   * One line of a table, if it was measured.
   *
   * @param row {@link ResultRow#name}
   * @param label what a reader understands
   */
  private record Line(String row, String label) {

    private List<ResultRow> in(ResultTable table) {
      Case wanted = Case.parse(row.substring(row.indexOf(' ') + 1));
      String benchmark = row.substring(0, row.indexOf(' '));
      return table.rows().stream()
          .filter(r -> r.benchmark().equals(benchmark) && r.measured().equals(wanted) && !Double.isNaN(r.milliseconds())).toList();
    }
  }

  private ReadmeSection() {}

  /** Returns the folder of results that a README shows, seen from it; empty if it has no markers. */
  static Optional<String> shown(String readme) {
    Matcher between = BETWEEN.matcher(readme);
    return between.find() ? Optional.of(between.group(1)) : Optional.empty();
  }

  /**
   * Returns a README with other results between its markers.
   *
   * @param folder of the results, seen from the README
   * @throws IllegalArgumentException if it has no markers
   */
  static String replace(String readme, String folder, ResultTable table, Environment environment) {
    Matcher between = BETWEEN.matcher(readme);
    if (!between.find()) {
      throw new IllegalArgumentException("the README has no lines <!-- results: FOLDER --> and <!-- end of results -->");
    }
    return readme.substring(0, between.start()) + "<!-- results: " + folder + " -->\n" + text(folder, table, environment)
        + "<!-- end of results -->" + readme.substring(between.end());
  }

  private static String text(String folder, ResultTable table, Environment environment) {
    StringBuilder text = new StringBuilder("""
        %s, %s cores, %s; %s, OpenBLAS %s; PyTorch %s.
        One thread an operation; medians of both sides, taken by turns. Ratio below 1: Modelweave is faster. Of the floor: which part of our
        time the matrix products or bytes of the case take at the rates this machine reached in the same run.
        [All results](%s/README.md).

        | | Modelweave, ms | peer | its ms | ratio | of the floor |
        |---|---:|---|---:|---:|---:|
        """.formatted(environment.get("processor"), environment.get("cores"), environment.get("vector instructions"),
        environment.get("Java").replace(" 64-Bit Server VM", "").replaceFirst("\\+.*", ""), environment.get("openblas"), environment.get("torch"), folder));
    for (Line line : TIMES) {
      line.in(table).forEach(row -> text.append(cells(line.label(), Numbers.plain(row.milliseconds()), row.peer(),
          Numbers.plain(row.peerMilliseconds()), Numbers.plain(row.ratio()), Numbers.percent(row.ofTheFloor()))));
    }
    List<String> files = new ArrayList<>();
    for (Line line : FILES) {
      line.in(table).forEach(row -> files.add(cells(line.label(), seconds(row.milliseconds()), ResultRow.cell(row.peakMegabytes()),
          row.peer(), seconds(row.peerMilliseconds()), ResultRow.cell(row.peerPeakMegabytes()), Numbers.plain(row.ratio()))));
    }
    if (!files.isEmpty()) {
      text.append("""

          Merging two models of 498 MB (F32) or 249 MB (BF16) from files to a file, TIES with a base. Each row is a
          fresh process from its start to its end; "third time" is the third merge of one process, when its classes are loaded and compiled;
          `examples/run merge` keeps an archive of loaded classes. "argsort" sorts to find the largest entries, as mergekit does:

          | merge | Modelweave, s | peak MB | peer | its s | peak MB | ratio |
          |---|---:|---:|---|---:|---:|---:|
          """).append(String.join("", files));
    }
    return text.toString();
  }

  private static String cells(String... cells) {
    return "| " + String.join(" | ", cells) + " |\n";
  }

  private static String seconds(double milliseconds) {
    return Numbers.plain(milliseconds / 1e3);
  }
}
