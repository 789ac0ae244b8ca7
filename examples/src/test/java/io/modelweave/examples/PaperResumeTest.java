package io.modelweave.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modelweave.core.testing.GoldenModels;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The paper's own settings on a tiny GPT-2, killed and gone on with. */
class PaperResumeTest {

  private static final long PATIENCE = TimeUnit.MINUTES.toMillis(3);

  @TempDir private Path folder;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private Path ids;

  @BeforeEach
  void writeText() throws IOException {
    SplittableRandom random = new SplittableRandom(3);
    String rows = Stream.generate(() -> random.ints(30, 0, 60).boxed().toList().toString()).limit(40).collect(Collectors.joining(","));
    ids = Files.writeString(folder.resolve("ids.json"), "{\"input_ids\": [%s]}".formatted(rows));
  }

  @Test
  void should_find_the_same_after_it_was_killed_at_any_point() throws Exception {
    Path whole = folder.resolve("whole");
    assertThat(run(request(whole))).as(err::toString).isZero();
    // In the midst of the first training, of another, and of the experts, when merging is done.
    List<Predicate<Path>> points = List.of(
        results -> Files.exists(results.resolve("stages/training/plain-math.safetensors")) || finished(results) > 0,
        results -> finished(results) >= 1, results -> finished(results) >= 9);
    for (Predicate<Path> point : points) {
      Path killed = folder.resolve("killed-" + points.indexOf(point));
      kill(killed, point);
      List<String> resumed = new ArrayList<>(request(killed));
      resumed.add("--resume");

      assertThat(run(resumed)).as(err::toString).isZero();

      assertSameReport(whole, killed);
      try (Stream<Path> files = Files.walk(killed.resolve("stages"))) {
        assertThat(files.filter(Files::isRegularFile)).as("no drafts, nothing half-written").allMatch(f -> f.toString().endsWith(".json"));
      }
    }
  }

  @Test
  void should_do_every_experiment_on_a_given_base_and_add_them_to_a_run_that_is_done() throws Exception {
    Path results = folder.resolve("results");
    assertThat(run(request(results))).as(err::toString).isZero();
    byte[] merging = Files.readAllBytes(results.resolve("snapshots.csv"));
    List<String> more = new ArrayList<>(request(results));
    more.addAll(List.of("--resume", "--all"));

    assertThat(run(more)).as(err::toString).isZero();

    assertThat(results.resolve("snapshots.csv")).hasBinaryContent(merging);
    JsonNode report = new ObjectMapper().readTree(results.resolve("report.json").toFile());
    assertThat(report.fieldNames()).toIterable().contains("merging", "forgetting", "compatibility", "layers", "direct", "routing", "sizes",
        "firstSteps", "earlyAndLate", "routers", "mixed");
    assertThat(report.at("/routing")).hasSize(4); // the base has four blocks
    assertThat(report.at("/routing/0/routed")).hasSize(3); // seeds
    assertThat(report.at("/settings/base").asText()).startsWith("gpt2-base, weights of SHA-256 ");
    assertThat(results.resolve("snapshots/mixed/code/step-000006/model.safetensors")).exists();
  }

  @Test
  void should_refuse_to_go_on_with_other_settings_and_to_overwrite_a_run() throws Exception {
    Path results = folder.resolve("results");
    kill(results, folder -> finished(folder) > 0);
    List<String> other = new ArrayList<>(request(results));
    other.addAll(List.of("--resume", "--seed", "5"));

    assertThat(run(other)).isEqualTo(2);
    assertThat(err.toString(UTF_8)).hasLineCount(1).contains("seed was 1 and is now 5");

    err.reset();
    assertThat(run(request(results))).isEqualTo(2);
    assertThat(err.toString(UTF_8)).hasLineCount(1).contains("it holds a run; go on with --resume");
  }

  private List<String> request(Path results) {
    return List.of("paper", "--scale", "gpt2", "--base", GoldenModels.directory("gpt2-base").toString(), "--pretrain", ids.toString(),
        "--math", ids.toString(), "--code", ids.toString(), "--target", ids.toString(), "--out", results.toString(),
        "--fine-tuning-steps", "10", "--expert-steps", "6", "--routing-steps", "2", "--direct-steps", "2", "--batch", "2",
        "--snapshot-spacing", "5", "--evaluation-windows", "4", "--cka-samples", "8", "--save-every", "0");
  }

  private int run(List<String> arguments) {
    return Main.run(new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8), arguments.toArray(String[]::new));
  }

  /** Runs a request in a process of its own and kills it without warning once it has come so far. */
  private void kill(Path results, Predicate<Path> soFar) throws Exception {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m", "-cp",
        System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(request(results));
    File log = folder.resolve("killed.log").toFile();
    Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log).start();
    long end = System.currentTimeMillis() + PATIENCE;
    while (!soFar.test(results) && process.isAlive() && System.currentTimeMillis() < end) {
      Thread.sleep(5);
    }
    assertThat(process.isAlive()).as(() -> "it ended by itself or never got so far, see " + log).isTrue();
    process.destroyForcibly().waitFor();
    assertThat(results.resolve("report.json")).doesNotExist();
  }

  private static long finished(Path results) {
    Path stages = results.resolve("stages");
    if (!Files.exists(stages)) {
      return 0;
    }
    try (Stream<Path> files = Files.walk(stages)) {
      return files.filter(file -> file.toString().endsWith(".json")).count();
    } catch (IOException | UncheckedIOException e) { // a temporary file was moved away meanwhile
      return 0;
    }
  }

  private static void assertSameReport(Path whole, Path resumed) throws IOException {
    try (Stream<Path> files = Files.list(whole)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path twin = resumed.resolve(file.getFileName());
        switch (file.getFileName().toString()) {
          case "report.json" -> assertThat(withoutTimes(twin)).isEqualTo(withoutTimes(file));
          case "report.html" -> assertThat(linesWithoutTimes(twin)).isEqualTo(linesWithoutTimes(file));
          default -> assertThat(twin).hasSameBinaryContentAs(file);
        }
      }
    }
  }

  private static JsonNode withoutTimes(Path json) throws IOException {
    return ((ObjectNode) new ObjectMapper().readTree(json.toFile())).without("seconds");
  }

  private static List<String> linesWithoutTimes(Path html) throws IOException {
    return Files.readAllLines(html).stream().filter(line -> !line.contains("time of ")).toList();
  }
}
