package io.modelweave.benchmarks.suite;

import io.modelweave.core.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code benchmarks/run readme}: puts results into the project's README. */
@Command(name = "readme", mixinStandardHelpOptions = true,
    description = "Writes the speed tables of the project's README.md from a folder of results.")
final class ReadmeCommand implements Runnable {

  @Parameters(paramLabel = "RESULTS_DIR", description = "Such as benchmarks/results/2026-11-24-amd-epyc.")
  private Path folder;

  @SuppressWarnings("NullAway.Init") // picocli sets it
  private ReadmeCommand() {}

  @Override
  public void run() {
    if (!Files.exists(folder.resolve("results.csv"))) {
      throw new IllegalArgumentException("%s has no results.csv; benchmarks/run writes one".formatted(folder));
    }
    Path readme = Path.of(System.getProperty("benchmarks.home", "benchmarks")).toAbsolutePath().normalize().resolveSibling("README.md");
    ResultsFolder results = new ResultsFolder(folder);
    String shown = readme.getParent().relativize(folder.toAbsolutePath().normalize()).toString();
    try {
      String text = ReadmeSection.replace(Files.readString(readme), shown, results.table(), results.environment());
      AtomicFile.write(readme, text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
