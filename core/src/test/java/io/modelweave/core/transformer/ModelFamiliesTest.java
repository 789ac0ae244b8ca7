package io.modelweave.core.transformer;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.testing.GoldenFamilies;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.transformer.TransformerGraph.Gradients;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;

class ModelFamiliesTest {

  private static final double FORWARD = 1e-5; // relative to the largest expected value; 2e-6 was the most seen
  private static final double GRADIENT = 5e-5; // 5e-6 was the most seen
  private static final Pattern LINEAR_INPUT = Pattern.compile(".*[.](input|mixed|hidden)"); // see LinearInputsTest

  static Stream<String> all() {
    return Stream.concat(GoldenFamilies.USUAL.stream(), GoldenFamilies.UNUSUAL.stream());
  }

  static Stream<String> unusual() {
    return GoldenFamilies.UNUSUAL.stream();
  }

  @ParameterizedTest
  @MethodSource("all")
  void should_compute_what_transformers_computes(String name) {
    LanguageModel model = GoldenFamilies.load(name);

    try (Checkpoint expected = GoldenFamilies.expected(name)) {
      List<String> layers = model.activationNames().stream().filter(expected::contains).toList();
      Map<String, INDArray> outputs = model.outputs(GoldenFamilies.batch(name), layers);

      assertThat(layers).contains("block.0.mlp", "block.1.output", "logits");
      outputs.forEach((layer, value) -> assertThatArray(value).isRelativelyCloseTo(expected.tensor(layer), FORWARD));
    }
  }

  @Test
  void should_read_bfloat16_shards() {
    LanguageModel model = GoldenFamilies.load(GoldenFamilies.SHARDED);

    try (Checkpoint expected = GoldenFamilies.expected(GoldenFamilies.SHARDED)) {
      assertThatArray(model.logits(GoldenFamilies.batch(GoldenFamilies.SHARDED))).isRelativelyCloseTo(expected.tensor("logits"), FORWARD);
    }
  }

  @ParameterizedTest
  @MethodSource("unusual")
  void should_publish_branches_and_residual_streams_of_every_block(String name) {
    try (Checkpoint expected = GoldenFamilies.expected(name)) {
      assertThat(GoldenFamilies.load(name).activationNames()).filteredOn(layer -> !LINEAR_INPUT.matcher(layer).matches())
          .isSubsetOf(expected.names());
    }
  }

  @ParameterizedTest
  @MethodSource("unusual")
  void should_compute_loss_and_every_gradient_of_pytorch(String name) {
    LanguageModel model = GoldenFamilies.load(name);
    TokenBatch batch = GoldenFamilies.batch(name);
    int inputs = batch.length() - 1;

    try (Checkpoint expected = GoldenFamilies.expected(name);
        TransformerGraph graph = model.trainingGraph(batch.batch(), inputs, model.parameters().keySet())) {
      Gradients gradients = graph.gradients(batch.columns(0, inputs), batch.columns(1, inputs + 1));

      assertThat(gradients.loss()).isCloseTo(expected.tensor("loss").getDouble(0), within(1e-5));
      assertThat(gradients.byParameter()).hasSize((int) expected.names().stream().filter(n -> n.startsWith("gradient.")).count());
      gradients.byParameter().forEach((parameter, gradient) ->
          assertThatArray(gradient).isRelativelyCloseTo(expected.tensor("gradient." + parameter), GRADIENT));
    }
  }

  @ParameterizedTest
  @MethodSource("unusual")
  void should_generate_the_most_probable_tokens(String name) {
    int[] prompt = Arrays.copyOf(GoldenFamilies.batch(name).ids()[0], 3);

    try (Checkpoint expected = GoldenFamilies.expected(name)) {
      assertThat(GoldenFamilies.load(name).generate(prompt, 8)).isEqualTo(expected.tensor("greedy").toIntVector());
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void should_save_and_load_bit_for_bit(String name, @TempDir Path folder) {
    LanguageModel model = GoldenFamilies.load(name);

    model.save(folder.resolve("saved"));

    LanguageModel loaded = LanguageModel.load(folder.resolve("saved"));
    assertThat(loaded.configuration()).isEqualTo(model.configuration());
    assertThat(loaded.parameters().keySet()).isEqualTo(model.parameters().keySet());
    model.parameters().forEach((parameter, array) -> assertThatArray(loaded.parameters().get(parameter)).isBitEqualTo(array));
  }

  @ParameterizedTest
  @MethodSource("unusual")
  void should_not_look_at_later_tokens(String name) {
    LanguageModel model = GoldenFamilies.load(name);
    int[][] ids = GoldenFamilies.batch(name).ids();
    INDArray before = model.logits(new TokenBatch(ids));

    ids[0][7] = (ids[0][7] + 1) % model.configuration().vocabularySize();

    INDArray after = model.logits(new TokenBatch(ids));
    for (int t = 0; t < 12; t++) {
      double change = after.slice(0).getRow(t).sub(before.slice(0).getRow(t)).norm2Number().doubleValue();
      assertThat(change > 0).as("position %d changes", t).isEqualTo(t >= 7);
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void should_draw_the_same_random_model_from_the_same_seed(String name) {
    TransformerConfiguration configuration = TransformerConfiguration.read(GoldenFamilies.directory(name));

    Map<String, INDArray> first = LanguageModel.random(configuration, 5).parameters();
    Map<String, INDArray> second = LanguageModel.random(configuration, 5).parameters();

    assertThat(first.keySet()).containsExactlyInAnyOrderElementsOf(configuration.shapes().keySet());
    first.forEach((parameter, array) -> assertThatArray(array).isBitEqualTo(second.get(parameter)));
    first.forEach((parameter, array) -> {
      if (parameter.contains("norm.weight") || parameter.contains("layernorm.weight")) {
        assertThat(array.minNumber().doubleValue()).as(parameter).isEqualTo(1);
      }
    });
  }

  @Test
  void should_refuse_prompts_that_cannot_be_extended() {
    LanguageModel model = GoldenFamilies.load("llama-linear");

    assertThatThrownBy(() -> model.generate(new int[0], 3)).hasMessageContaining("a prompt of 0 tokens");
    assertThatThrownBy(() -> model.generate(new int[] {1}, 0)).hasMessageContaining("0 to generate");
    assertThatThrownBy(() -> model.generate(new int[] {1, 29}, 3)).hasMessageContaining("vocabulary of 29")
        .hasMessageContaining("29 (sequence 0, position 1)");
    assertThatThrownBy(() -> model.generate(new int[] {-1}, 3)).hasMessageContaining("-1 (sequence 0, position 0)");
    assertThatThrownBy(() -> model.generate(new int[] {1, 2}, 32)).hasMessageContaining("33 positions").hasMessageContaining("1 to 32");
    assertThat(model.generate(new int[] {1, 2}, 31)).hasSize(31);
  }
}
