package io.modelweave.core;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.modelweave.core.testing.GoldenModels;
import io.modelweave.core.text.TokenBatch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

class LanguageModelTest {

  private static final double FLOAT = 1e-4; // relative to the largest expected value, as the reference states

  static List<JsonNode> forwardCases() {
    return GoldenModels.cases("forward");
  }

  @ParameterizedTest
  @MethodSource("forwardCases")
  void should_compute_hidden_states_mlp_outputs_logits_and_loss_of_pytorch(JsonNode expected) {
    String name = expected.get("model").asText();
    LanguageModel model = GoldenModels.load(name);

    List<String> known = model.activationNames().stream().filter(layer -> layer.matches(".*[.](mlp|output)|logits")).toList();
    Map<String, INDArray> outputs = model.outputs(GoldenModels.batch(), known);

    assertThat(outputs).hasSize(2 * 4 + 1);
    outputs.forEach((layer, value) -> assertThatArray(value).isRelativelyCloseTo(GoldenModels.expected(name + "." + layer), FLOAT));
    assertThat(model.loss(List.of(GoldenModels.batch()))).isCloseTo(expected.get("loss").asDouble(), within(4.4e-4));
  }

  @Test
  void should_compute_exact_gelu_with_an_untied_head() {
    LanguageModel model = GoldenModels.load("gpt2-gelu-untied");

    try (Checkpoint expected = Checkpoint.open(GoldenModels.directory("gpt2-gelu-untied-expected.safetensors"))) {
      TokenBatch batch = new TokenBatch(expected.tensor("input_ids").toIntMatrix());
      assertThatArray(model.logits(batch)).isRelativelyCloseTo(expected.tensor("logits"), FLOAT);
    }
  }

  @Test
  void should_save_and_load_bit_for_bit(@TempDir Path folder) {
    LanguageModel model = GoldenModels.load("gpt2-math");

    model.save(folder.resolve("saved"));

    LanguageModel loaded = LanguageModel.load(folder.resolve("saved"));
    assertThat(loaded.configuration()).isEqualTo(model.configuration());
    assertThat(loaded.parameters().keySet()).isEqualTo(model.parameters().keySet());
    model.parameters().forEach((name, array) -> assertThatArray(loaded.parameters().get(name)).isBitEqualTo(array));
  }

  @Test
  void should_not_share_parameters_with_a_copy() {
    LanguageModel model = GoldenModels.load("gpt2-math");
    LanguageModel copy = model.copy();
    double before = copy.loss(List.of(GoldenModels.batch()));

    model.parameters().values().forEach(array -> array.muli(2));

    assertThat(copy.loss(List.of(GoldenModels.batch()))).isEqualTo(before);
  }

  @Test
  void should_read_a_single_token() {
    LanguageModel model = GoldenModels.load("gpt2-base");
    INDArray alone = model.logits(new TokenBatch(new int[][] {{7}}));
    INDArray first = model.logits(new TokenBatch(new int[][] {{7, 1, 2}})).get(NDArrayIndex.all(), NDArrayIndex.interval(0, 1), NDArrayIndex.all());

    assertThatArray(alone).as("what follows cannot change what a position sees").isCloseTo(first.dup(), 1e-5);
  }

  @Test
  void should_have_the_same_loss_to_the_bit_whoever_works_on_it() {
    LanguageModel model = GoldenModels.load("gpt2-base");
    int[][] ids = GoldenModels.batch().ids();
    List<TokenBatch> batches = List.of(new TokenBatch(ids), new TokenBatch(new int[][] {ids[1]}), new TokenBatch(new int[][] {ids[2], ids[0]}));
    double expected = model.loss(batches);

    for (int threads = 1; threads <= 4; threads++) {
      assertThat(model.loss(batches, new BatchWorkers(threads))).isEqualTo(expected);
    }
  }

  @Test
  void should_pool_activations_to_one_row_a_sample() {
    LanguageModel model = GoldenModels.load("gpt2-base");
    INDArray all = model.outputs(GoldenModels.batch(), List.of("block.1.output")).get("block.1.output");

    for (Pooling pooling : List.of(Pooling.ALL_TOKENS, Pooling.MEAN, Pooling.LAST)) {
      Activations pooled = model.activations(List.of(GoldenModels.batch(), GoldenModels.batch()), pooling, List.of("block.1.output"));
      INDArray expected = pooling.equals(Pooling.ALL_TOKENS) ? all.reshape(36, 32)
          : pooling.equals(Pooling.MEAN) ? all.mean(1)
          : org.nd4j.linalg.factory.Nd4j.stack(0, all.slice(0).getRow(11), all.slice(1).getRow(11), all.slice(2).getRow(11));
      INDArray first = pooled.get("block.1.output").getRows(java.util.stream.IntStream.range(0, (int) expected.size(0)).toArray());
      assertThat(pooled.samples()).isEqualTo(2 * (int) expected.size(0));
      assertThatArray(first).isCloseTo(expected, 1e-6);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {61, 1_000_000})
  void should_name_token_ids_outside_the_vocabulary(int id) {
    LanguageModel model = GoldenModels.load("gpt2-base");

    assertThatThrownBy(() -> model.logits(new TokenBatch(new int[][] {{1, 2}, {3, id}})))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("vocabulary of 61").hasMessageContaining(id + " (sequence 1, position 1)");
  }

  @Test
  void should_refuse_what_the_context_cannot_hold() {
    LanguageModel model = GoldenModels.load("gpt2-base");

    assertThatThrownBy(() -> model.logits(new TokenBatch(new int[1][21]))).hasMessageContaining("21 positions").hasMessageContaining("1 to 20");
    assertThatThrownBy(() -> model.loss(List.of(new TokenBatch(new int[1][22])))).hasMessageContaining("21 positions");
    assertThatThrownBy(() -> model.loss(List.of())).hasMessageContaining("no batch");
    assertThatThrownBy(() -> model.loss(List.of(new TokenBatch(new int[][] {{1}})))).hasMessageContaining("nothing to predict");
    assertThatThrownBy(() -> model.outputs(GoldenModels.batch(), List.of("block.9.mlp"))).hasMessageContaining("no layer \"block.9.mlp\"");
  }

  @Test
  void should_list_all_problems_of_a_configuration(@TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("config.json"), "{\"model_type\":\"gpt2\",\"vocab_size\":\"x\",\"n_embd\":32,\"n_head\":4,\"n_positions\":20}");

    assertThatThrownBy(() -> LanguageModel.load(folder)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("config.json").hasMessageContaining("vocab_size").hasMessageContaining("n_layer is missing");
  }

  @Test
  void should_list_all_tensors_that_do_not_fit_the_configuration() {
    LanguageModel model = GoldenModels.load("gpt2-base");
    var wider = io.modelweave.core.transformer.Gpt2Configuration.of(61, 20, 64, 4, 4);

    assertThatThrownBy(() -> LanguageModel.of(wider, model.checkpoint())).isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("transformer.wte.weight").hasMessageContaining("[61, 32]").hasMessageContaining("[61, 64]");
  }
}
