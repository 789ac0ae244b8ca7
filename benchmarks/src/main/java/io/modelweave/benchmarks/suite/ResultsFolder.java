package io.modelweave.benchmarks.suite;

import io.modelweave.core.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;

/**
 * Where results lie: {@code results.csv} and {@code README.md} with the table, {@code environment.csv}, {@code runs.csv}, {@code
 * scaling.csv} and figures, and below {@code raw} what JMH and the peers wrote. Running a part anew replaces its rows.
 */
record ResultsFolder(Path path) {

  /** Returns the folder {@code <date>-<processor>} of today and this machine. */
  static ResultsFolder ofToday(Path results, String processor) {
    String name = processor.toLowerCase(Locale.ROOT).replaceAll("\\(.*?\\)|processor|cpu|@.*", " ").strip().replaceAll("[^a-z0-9]+", "-");
    return new ResultsFolder(results.resolve("%s-%s".formatted(LocalDate.now(), name)));
  }

  Path raw(String file) {
    return path.resolve("raw").resolve(file);
  }

  ResultTable table() {
    return ResultTable.parse(read("results.csv", Csv.write(ResultRow.COLUMNS, List.of())));
  }

  Environment environment() {
    return Environment.parse(read("environment.csv", Csv.write(Environment.COLUMNS, List.of())));
  }

  /** Writes the table in both forms. */
  void write(ResultTable table, Environment environment, RunLog log) {
    write("results.csv", table.csv());
    write("environment.csv", environment.csv());
    write("runs.csv", log.csv());
    write("README.md", """
        # %s

        Medians of both sides, taken by turns on the same machine. Spread: half the distance of the extremes, as a part of the median.
        Ratio: our time by the peer's; below 1 ours is faster. Of the floor: which part of our time the matrix products or the bytes of the
        case take at the rates that this machine reached in the same run; [benchmarks](../../README.md) says how that is reckoned.

        %s
        ## Machine

        %s
        ## Runs

        %s
        Times of one day and machine do not compare with those of another. `raw` has what JMH and the peers wrote.
        """.formatted(path.toAbsolutePath().normalize().getFileName(), table.markdown(), environment.markdown(), log.markdown()));
  }

  RunLog log() {
    return RunLog.parse(read("runs.csv", Csv.write(RunLog.COLUMNS, List.of())));
  }

  void write(String file, String text) {
    write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  void write(String file, byte[] content) {
    try {
      Files.createDirectories(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    AtomicFile.write(path.resolve(file), content);
  }

  private String read(String file, String orElse) {
    try {
      return Files.exists(path.resolve(file)) ? Files.readString(path.resolve(file)) : orElse;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
