package io.modelweave.benchmarks.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** From samples to the table: medians, ratios, floors, and what stays when a part is measured anew. */
class ResultTableTest {

  private static final double CLOSE = 1e-9;

  private static List<Sample> samples(String side, String measured, double... milliseconds) {
    List<Sample> samples = new ArrayList<>();
    for (double time : milliseconds) {
      samples.add(new Sample(side, Case.parse(measured), time, 0));
    }
    return samples;
  }

  private static ResultTable table(List<Sample> samples) {
    return ResultTable.of("MergeBenchmark", samples, measured -> Work.flops(4e9).of(1e6, "elements"), WorkTest.RATES);
  }

  @Test
  void should_compare_medians_and_reckon_floor_and_rate() {
    List<Sample> samples = samples(Sample.OURS, "merge type=FLOAT", 90, 50, 60);
    samples.addAll(samples("PyTorch", "merge type=FLOAT", 100, 140));

    ResultRow row = table(samples).rows().get(0);

    assertThat(row.milliseconds()).isEqualTo(60);
    assertThat(row.spread()).isCloseTo(20.0 / 60, within(CLOSE));
    assertThat(row.peerMilliseconds()).isEqualTo(120);
    assertThat(row.ratio()).isCloseTo(0.5, within(CLOSE));
    assertThat(row.floorMilliseconds()).isCloseTo(40, within(CLOSE));
    assertThat(row.ofTheFloor()).isCloseTo(40.0 / 60, within(CLOSE));
    assertThat(row.perSecond()).isCloseTo(1e6 / 0.060, within(1e-3));
  }

  @Test
  void should_have_a_row_for_each_peer_and_for_cases_of_one_side_only() {
    List<Sample> samples = samples(Sample.OURS, "merge type=FLOAT", 1);
    samples.addAll(samples("PyTorch", "merge type=FLOAT", 2));
    samples.addAll(samples("mergekit", "merge type=FLOAT", 3));
    samples.addAll(samples(Sample.OURS, "merge type=BF16", 4));
    samples.addAll(samples("PyTorch", "merge type=F16", 5));

    ResultTable table = table(samples);

    assertThat(table.rows()).extracting(ResultRow::name, ResultRow::peer).containsExactly(
        tuple("MergeBenchmark merge type=FLOAT", "PyTorch"),
        tuple("MergeBenchmark merge type=FLOAT", "mergekit"),
        tuple("MergeBenchmark merge type=BF16", ""),
        tuple("MergeBenchmark merge type=F16", "PyTorch"));
    assertThat(table.rows().get(3).milliseconds()).isNaN();
    assertThat(table.markdown()).contains("|  | merge type=F16 |  |  |  | PyTorch | 5.00 | 0 % |  |  |  |  |");
  }

  @Test
  void should_read_what_it_writes() {
    List<Sample> samples = new ArrayList<>(List.of(new Sample(Sample.OURS, Case.parse("merge type=FLOAT"), 61.25, 99),
        new Sample("PyTorch", Case.parse("merge type=FLOAT"), 122.5, 1957), new Sample(Sample.OURS, Case.parse("merge type=BF16"), 3, 0)));
    ResultTable table = table(samples);

    ResultTable read = ResultTable.parse(table.csv());

    assertThat(read.csv()).isEqualTo(table.csv());
    assertThat(read.rows()).usingRecursiveComparison().ignoringFields("perSecond").isEqualTo(table.rows());
    assertThat(read.rows().get(0).perSecond()).isCloseTo(1e6 / 0.06125, withinPercentage(0.01));
  }

  @Test
  void should_replace_the_rows_of_a_benchmark_where_they_were() {
    ResultTable before = new ResultTable(List.of(row("A", "x", 1), row("A", "y", 2), row("B", "x", 3)));

    ResultTable after = before.with(new ResultTable(List.of(row("A", "z", 4)))).with(new ResultTable(List.of(row("C", "x", 5))));

    assertThat(after.rows()).extracting(ResultRow::name).containsExactly("A z", "B x", "C x");
  }

  static ResultRow row(String benchmark, String measured, double milliseconds) {
    return new ResultRow(benchmark, Case.parse(measured), milliseconds, 0, 0, "", Double.NaN, Double.NaN, 0, Double.NaN, Double.NaN, "");
  }
}
