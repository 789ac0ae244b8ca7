package io.modelweave.benchmarks.suite;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.commons.csv.CSVRecord;

/**
 * A Python script that does the work of a benchmark with another library.
 *
 * <p>It prints CSV with the columns {@code case} and {@code milliseconds}, one line a repetition, and may add {@code peak MB}. A script
 * that does a case in several ways adds a semicolon and the way to the case. One thread an operation unless a case says otherwise.
 *
 * @param script file in {@code benchmarks/peers}
 * @param name what it is called in tables
 */
record Peer(String script, String name) {

  private static final int MINUTES = 15;

  /**
   * Runs the script.
   *
   * @param python interpreter
   * @param scripts folder of the script
   * @param csv where to keep what it prints
   * @param quick whether it shall take little time
   * @throws IllegalStateException if it fails, takes more than 15 minutes or prints something else
   */
  List<Sample> run(String python, Path scripts, Path csv, boolean quick, String... arguments) {
    List<String> command = new ArrayList<>(List.of(python, scripts.resolve(script).toString()));
    command.addAll(List.of(arguments));
    try {
      Files.createDirectories(csv.toAbsolutePath().getParent());
      ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(csv.toFile()).redirectError(Redirect.INHERIT);
      builder.environment().put("OMP_NUM_THREADS", "1");
      builder.environment().put("BENCHMARK_QUICK", quick ? "1" : "0");
      Process process = builder.start();
      if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
        process.destroyForcibly().waitFor();
        throw new IllegalStateException("%s takes more than %d minutes".formatted(script, MINUTES));
      }
      if (process.exitValue() != 0) {
        throw new IllegalStateException("%s ends with exit code %d".formatted(script, process.exitValue()));
      }
      return read(Files.readString(csv));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while %s ran".formatted(script), e);
    }
  }

  /**
   * Reads what a script printed.
   *
   * @throws IllegalStateException if that is no such CSV
   */
  List<Sample> read(String csv) {
    try {
      List<CSVRecord> lines = Csv.read(csv);
      if (lines.isEmpty() || !lines.get(0).isMapped("case") || !lines.get(0).isMapped("milliseconds")) {
        throw new IllegalStateException("%s must print CSV with the columns case and milliseconds, not \"%s\""
            .formatted(script, csv.lines().findFirst().orElse("")));
      }
      return lines.stream().map(this::sample).toList();
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException("%s prints a line without a case or a time: %s".formatted(script, e.getMessage()), e);
    }
  }

  private Sample sample(CSVRecord line) {
    String[] caseAndWay = line.get("case").split(";", 2);
    return new Sample(caseAndWay.length == 1 ? name : "%s (%s)".formatted(name, caseAndWay[1].strip()), Case.parse(caseAndWay[0]),
        Double.parseDouble(line.get("milliseconds")), line.isSet("peak MB") ? Long.parseLong(line.get("peak MB")) : 0);
  }

  /** Returns whether the interpreter has a module. */
  static boolean has(String python, String module) {
    try {
      String test = "import importlib.util, sys; sys.exit(importlib.util.find_spec('%s') is None)".formatted(module);
      return new ProcessBuilder(python, "-c", test)
          .redirectErrorStream(true).redirectOutput(Redirect.DISCARD).start().waitFor() == 0;
    } catch (IOException absent) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Returns what a command prints; empty if it cannot run. */
  static String output(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectError(Redirect.DISCARD).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return process.waitFor() == 0 ? output : "";
    } catch (IOException absent) {
      return "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }
}
