package io.modelweave.benchmarks.suite;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The runs that a results folder comes from, oldest first. */
record RunLog(List<List<String>> runs) {

  static final List<String> COLUMNS = List.of("started", "command", "seconds", "load before", "load after", "gemm Gflop/s", "gemm on two Gflop/s",
      "memory GB/s", "new memory GB/s", "SHA-256 GB/s", "file to file GB/s", "not measured");

  /**
   * Returns this log and one run more.
   *
   * @param started date and time
   * @param problems what could not be measured and why
   */
  RunLog with(String started, String command, long seconds, double loadBefore, double loadAfter, MachineRates rates, List<String> problems) {
    List<List<String>> all = new ArrayList<>(runs);
    all.add(List.of(started, command, Long.toString(seconds), number(loadBefore), number(loadAfter), number(rates.gemm() / 1e9),
        number(rates.gemmOnTwo() / 1e9), number(rates.memory() / 1e9), number(rates.fresh() / 1e9), number(rates.hash() / 1e9), number(rates.file() / 1e9),
        String.join("; ", problems)));
    return new RunLog(all);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }

  static RunLog parse(String csv) {
    return new RunLog(Csv.read(csv).stream().map(line -> COLUMNS.stream().map(line::get).toList()).toList());
  }

  String csv() {
    return Csv.write(COLUMNS, runs);
  }

  String markdown() {
    StringBuilder table = new StringBuilder("| " + String.join(" | ", COLUMNS) + " |\n|" + "---|".repeat(COLUMNS.size()) + "\n");
    runs.forEach(run -> table.append("| ").append(String.join(" | ", run)).append(" |\n"));
    return table.toString();
  }
}
