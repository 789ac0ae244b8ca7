package io.modelweave.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.transformer.Gpt2Configuration;
import io.modelweave.moe.RoutedModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RouteCommandTest {

  @TempDir private Path folder;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @BeforeEach
  void write() throws IOException {
    LanguageModel.random(Gpt2Configuration.of(257, 16, 16, 2, 2), 1).save(folder.resolve("a"));
    LanguageModel.random(Gpt2Configuration.of(257, 16, 16, 2, 2), 2).save(folder.resolve("b"));
    Files.writeString(folder.resolve("text.txt"), "to be or not to be, that is the question. ".repeat(30));
  }

  private int route(String... more) {
    String[] arguments = new String[7 + more.length];
    System.arraycopy(new String[] {"route", path("a"), path("b"), "--text", path("text.txt"), "--length", "12"}, 0, arguments, 0, 7);
    System.arraycopy(more, 0, arguments, 7, more.length);
    return Main.run(new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8), arguments);
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  @Test
  void should_train_report_and_save() throws IOException {
    assertThat(route("--window", "2", "--top-k", "2", "--steps", "8", "--out", path("routed"))).as(err.toString(UTF_8)).isZero();

    JsonNode report = new ObjectMapper().readTree(folder.resolve("routed/report.json").toFile());
    assertThat(report.at("/heldOutLoss/routed").asDouble()).isLessThan(report.at("/heldOutLoss/untrained").asDouble());
    assertThat(report.at("/parameters/trained").asLong()).isEqualTo(2 * 4 * 16);
    assertThat(report.at("/layers")).hasSize(2);
    assertThat(folder.resolve("routed/routing.png")).isNotEmptyFile();
    assertThat(Files.readAllLines(folder.resolve("routed/losses.csv"))).hasSize(9);
    assertThat(out.toString(UTF_8)).contains("routed, trained").contains("parameters");
    assertThat(RoutedModel.load(folder.resolve("routed")).experts(0)).hasSize(4);
  }

  @Test
  void should_refuse_before_it_works() throws IOException {
    Files.createDirectories(folder.resolve("taken"));
    Files.writeString(folder.resolve("taken/routing.json"), "{}");

    assertRefused("already", "--out", path("taken"));
    assertRefused("topK is 3, block 0 has 2 experts", "--top-k", "3", "--out", path("routed"));
    assertRefused("3 layers is larger than the model of 2", "--window", "3", "--out", path("routed"));
    assertRefused("gradient is zero", "--top-k", "1", "--renormalise", "--out", path("routed"));
    assertThat(folder.resolve("routed")).doesNotExist();
  }

  private void assertRefused(String part, String... more) {
    err.reset();
    assertThat(route(more)).isEqualTo(2);
    assertThat(err.toString(UTF_8)).contains(part).matches("[^\\n]+\\n");
  }
}
