package io.modelweave.benchmarks.suite;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** All results of a folder: ours, the peer's, their ratio, and how far ours is from the floor. */
record ResultTable(List<ResultRow> rows) {

  ResultTable {
    rows = List.copyOf(rows);
  }

  /**
   * Sums up the samples of one benchmark: a row for each case and peer, in the order in which the cases were measured; a case without a
   * peer has a row, too, and so has a peer's case that ours lacks.
   *
   * @param model what a case cannot do without
   */
  static ResultTable of(String benchmark, List<Sample> samples, Function<Case, Work> model, MachineRates rates) {
    Map<Case, Map<String, List<Sample>>> byCase = samples.stream().collect(Collectors.groupingBy(Sample::measured, LinkedHashMap::new,
        Collectors.groupingBy(Sample::side, LinkedHashMap::new, Collectors.toList())));
    List<ResultRow> rows = new ArrayList<>();
    byCase.forEach((measured, bySide) -> {
      Work work = model.apply(measured);
      List<Sample> ours = bySide.getOrDefault(Sample.OURS, List.of());
      Set<String> peers = new LinkedHashSet<>(bySide.keySet());
      peers.remove(Sample.OURS);
      if (peers.isEmpty()) {
        peers.add("");
      }
      for (String peer : peers) {
        List<Sample> theirs = bySide.getOrDefault(peer, List.of());
        rows.add(new ResultRow(benchmark, measured, median(ours), spread(ours), peak(ours), peer, median(theirs), spread(theirs), peak(theirs),
            work.floorMilliseconds(rates).orElse(Double.NaN), work.amount() > 0 ? work.amount() / median(ours) * 1e3 : Double.NaN, work.unit()));
      }
    });
    return new ResultTable(rows);
  }

  private static double median(List<Sample> samples) {
    return samples.isEmpty() ? Double.NaN : Numbers.median(times(samples));
  }

  private static double spread(List<Sample> samples) {
    return samples.isEmpty() ? Double.NaN : Numbers.spread(times(samples));
  }

  private static double[] times(List<Sample> samples) {
    return samples.stream().mapToDouble(Sample::milliseconds).toArray();
  }

  private static long peak(List<Sample> samples) {
    return samples.stream().mapToLong(Sample::peakMegabytes).max().orElse(0);
  }

  /** Returns these rows in the place of all of the same benchmark, and the others. */
  ResultTable with(ResultTable newer) {
    Map<String, List<ResultRow>> byBenchmark = rows.stream().collect(Collectors.groupingBy(ResultRow::benchmark, LinkedHashMap::new,
        Collectors.toList()));
    byBenchmark.putAll(newer.rows.stream().collect(Collectors.groupingBy(ResultRow::benchmark, LinkedHashMap::new, Collectors.toList())));
    return new ResultTable(byBenchmark.values().stream().flatMap(List::stream).toList());
  }

  String csv() {
    return Csv.write(ResultRow.COLUMNS, rows.stream().map(ResultRow::cells).toList());
  }

  /** Reads what {@link #csv} writes. */
  static ResultTable parse(String csv) {
    return new ResultTable(Csv.read(csv).stream().map(ResultRow::of).toList());
  }

  String markdown() {
    StringBuilder table = new StringBuilder("| benchmark | case | ours, ms | spread | peak MB | peer | its ms | spread | peak MB | ratio | rate | of the floor |\n"
        + "|---|---|---:|---:|---:|---|---:|---:|---:|---:|---:|---:|\n");
    String before = "";
    for (ResultRow row : rows) {
      table.append("| ").append(String.join(" | ", row.benchmark().equals(before) ? "" : row.benchmark(), row.measured().toString(),
          Numbers.plain(row.milliseconds()), Numbers.percent(row.spread()), peak(row.peakMegabytes()), row.peer(), Numbers.plain(row.peerMilliseconds()),
          Numbers.percent(row.peerSpread()), peak(row.peerPeakMegabytes()), Numbers.plain(row.ratio()), Numbers.rate(row.perSecond(), row.unit()),
          Numbers.percent(row.ofTheFloor()))).append(" |\n");
      before = row.benchmark();
    }
    return table.toString();
  }

  private static String peak(long megabytes) {
    return megabytes == 0 ? "" : Long.toString(megabytes);
  }
}
