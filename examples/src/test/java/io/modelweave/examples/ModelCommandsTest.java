package io.modelweave.examples;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelweave.core.Checkpoint;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.testing.GoldenModels;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.training.LearningRate;
import io.modelweave.core.training.Training;
import io.modelweave.core.transformer.Gpt2Configuration;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that run models: what they write is what PyTorch computed, and what they refuse leaves nothing behind. */
class ModelCommandsTest {

  @TempDir Path folder;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void should_write_the_activations_that_pytorch_computed() throws IOException {
    Path ids = Files.writeString(folder.resolve("ids.json"), "{\"input_ids\": " + Arrays.deepToString(GoldenModels.batch().ids()) + "}");
    Path file = folder.resolve("activations.safetensors");

    assertThat(run("activations", GoldenModels.directory("gpt2-math").toString(), "--ids", ids.toString(), "--out", file.toString())).isZero();

    try (Checkpoint written = Checkpoint.open(file)) {
      assertThat(written.names()).hasSize(9).contains("block.0.output", "block.3.mlp", "logits");
      written.names().forEach(name -> assertThatArray(written.tensor(name)).isRelativelyCloseTo(GoldenModels.expected("gpt2-math." + name), 1e-4));
    }
  }

  @Test
  void should_refuse_wrong_ids_and_leave_no_file() throws IOException {
    Path file = folder.resolve("activations.safetensors");
    for (String wrong : List.of("[[1, 2], [3]]", "[[1, 61]]", "[[1, -2]]", "[]", "7")) {
      Path ids = Files.writeString(folder.resolve("ids.json"), "{\"input_ids\": " + wrong + "}");
      assertRefused("", "activations", GoldenModels.directory("gpt2-math").toString(), "--ids", ids.toString(), "--out", file.toString());
    }
    assertThat(file).doesNotExist();
  }

  @Test
  void should_refuse_to_overwrite_activations() throws IOException {
    Path file = Files.writeString(folder.resolve("activations.safetensors"), "mine");

    assertRefused("is there already", "activations", GoldenModels.directory("gpt2-math").toString(), "--ids", "none.json", "--out", file.toString());

    assertThat(file).hasContent("mine");
  }

  @Test
  void should_measure_adders_their_weight_merge_and_their_activation_merge() throws IOException {
    Path trained = save("trained", adder(60));
    Path untrained = save("untrained", adder(0));

    assertThat(run("adder", trained.toString(), untrained.toString(), "--alpha", "0", "--json")).isZero();

    JsonNode json = new ObjectMapper().readTree(out.toByteArray());
    double crossEntropy = json.at("/a/crossEntropy").asDouble();
    assertThat(crossEntropy).isLessThan(Math.log(10) - 0.3);
    assertThat(json.at("/b/crossEntropy").asDouble()).isCloseTo(Math.log(10), within(0.1));
    assertThat(json.at("/weights/crossEntropy").asDouble()).isEqualTo(crossEntropy);
    assertThat(json.at("/activations/crossEntropy").asDouble()).isEqualTo(crossEntropy);
    assertThat(json.at("/a/accuracy").asDouble()).isBetween(0.0, 1.0);
  }

  /** An adder of six positions, trained a little: the hundreds digit is learned at once. */
  private static LanguageModel adder(int steps) {
    LanguageModel model = LanguageModel.random(Gpt2Configuration.of(10, 6, 16, 1, 2), 1);
    List<int[]> rows = new ArrayList<>();
    for (int a = 0; a < 100; a += 7) {
      for (int b = 0; b < 100; b += 9) {
        rows.add(new int[] {a / 10, a % 10, b / 10, b % 10, (a + b) % 10, (a + b) / 10 % 10, (a + b) / 100});
      }
    }
    if (steps > 0) {
      Training.of(model).learningRate(LearningRate.constant(1e-2)).steps(steps).run(List.of(new TokenBatch(rows.toArray(int[][]::new))));
    }
    return model;
  }

  private Path save(String name, LanguageModel model) {
    model.save(folder.resolve(name));
    return folder.resolve(name);
  }

  @Test
  void should_refuse_what_is_no_adder_and_a_weight_outside_the_unit_interval() {
    Path adder = save("adder", adder(0));

    assertRefused("alpha is 2.0", "adder", adder.toString(), adder.toString(), "--alpha", "2");
    assertRefused("config.json", "adder", adder.toString(), folder.resolve("gone").toString());
    Path small = save("small", LanguageModel.random(Gpt2Configuration.of(10, 5, 16, 1, 2), 1));
    assertRefused("a context of 5", "adder", small.toString(), adder.toString());
  }

  @Test
  void should_refuse_a_truncated_model() throws IOException {
    Path adder = save("adder", adder(0));
    Path weights = adder.resolve("model.safetensors");
    Files.write(weights, Arrays.copyOf(Files.readAllBytes(weights), 3000));

    assertRefused("cut short", "adder", adder.toString(), adder.toString());
  }

  private void assertRefused(String part, String... arguments) {
    out.reset();
    err.reset();
    assertThat(run(arguments)).isEqualTo(2);
    assertThat(err.toString(UTF_8)).contains(part).doesNotContain("\tat ").matches("[^\\n]+\\n");
    assertThat(out.toString(UTF_8)).isEmpty();
  }

  private int run(String... arguments) {
    return Main.run(new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8), arguments);
  }
}
