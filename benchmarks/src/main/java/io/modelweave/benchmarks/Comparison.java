package io.modelweave.benchmarks;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs a benchmark and its peer by turns on the same machine and prints the medians side by side.
 *
 * <p>The peer is a Python script that prints CSV lines {@code case,milliseconds}, one a repetition, where a case is
 * {@code method parameter=value ...} of the JMH benchmark. Both see the same load because they alternate.
 */
final class Comparison {

  private static final int ROUNDS = 2;

  private final Map<String, List<Double>> ours = new LinkedHashMap<>();
  private final Map<String, List<Double>> peers = new LinkedHashMap<>();

  private Comparison() {}

  /**
   * Prints a Markdown table of medians and their ratio, after the raw times as CSV.
   *
   * @param arguments name of the benchmark class, path of the peer's script, optionally a file to write both to
   */
  public static void main(String[] arguments) throws RunnerException, IOException, InterruptedException {
    if (arguments.length < 2 || arguments.length > 3) {
      System.err.println("usage: benchmarks/compare BENCHMARK PEER.py [RESULT.md]");
      System.exit(2);
    }
    Comparison comparison = new Comparison();
    for (int round = 0; round < ROUNDS; round++) {
      comparison.runOurs(arguments[0]);
      comparison.runPeer(Path.of(arguments[1]));
    }
    String report = comparison.table() + "\n" + comparison.raw();
    System.out.print(report);
    if (arguments.length == 3) {
      Files.writeString(Path.of(arguments[2]), report);
    }
  }

  private void runOurs(String benchmark) throws RunnerException {
    for (RunResult run : new Runner(new OptionsBuilder().include("\\." + benchmark + "\\.").verbosity(VerboseMode.SILENT).build()).run()) {
      StringBuilder name = new StringBuilder(run.getPrimaryResult().getLabel());
      run.getParams().getParamsKeys().forEach(key -> name.append(' ').append(key).append('=').append(run.getParams().getParam(key)));
      run.getBenchmarkResults().forEach(fork -> fork.getIterationResults()
          .forEach((IterationResult iteration) -> add(ours, name.toString(), iteration.getPrimaryResult().getScore())));
    }
  }

  private void runPeer(Path script) throws IOException, InterruptedException {
    String python = System.getenv().getOrDefault("PYTHON", "python3");
    ProcessBuilder builder = new ProcessBuilder(python, script.toString()).redirectError(Redirect.INHERIT);
    builder.environment().remove("OMP_NUM_THREADS"); // ours; the script sets its own number
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IllegalStateException("%s %s failed; the environment variable PYTHON names an interpreter that has torch".formatted(python, script));
    }
    output.lines().skip(1).map(line -> line.split(",")).forEach(cells -> add(peers, cells[0], Double.parseDouble(cells[1])));
  }

  private static void add(Map<String, List<Double>> times, String name, double milliseconds) {
    times.computeIfAbsent(name, n -> new ArrayList<>()).add(milliseconds);
  }

  private String table() {
    StringBuilder table = new StringBuilder("| case | Modelweave, ms | peer, ms | ratio |\n|---|---:|---:|---:|\n");
    ours.forEach((name, times) -> {
      List<Double> peer = peers.getOrDefault(name, List.of(Double.NaN));
      table.append(String.format(Locale.ROOT, "| %s | %s | %s | %.2f |%n", name, number(median(times)), number(median(peer)), median(times) / median(peer)));
    });
    return table.toString();
  }

  private static String number(double milliseconds) {
    return String.format(Locale.ROOT, milliseconds < 10 ? "%.2f" : "%,.0f", milliseconds);
  }

  private String raw() {
    StringBuilder csv = new StringBuilder("side,case,milliseconds\n");
    ours.forEach((name, times) -> times.forEach(time -> csv.append(String.format(Locale.ROOT, "modelweave,%s,%.3f%n", name, time))));
    peers.forEach((name, times) -> times.forEach(time -> csv.append(String.format(Locale.ROOT, "peer,%s,%.3f%n", name, time))));
    return csv.toString();
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }
}
