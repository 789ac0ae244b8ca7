package io.modelweave.merge.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.merge.engine.MergeOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which tensors a recipe makes of which, and with which parameters. */
class RecipePlanTest {

  private static final float CLOSE = 1e-6f;
  private static final String EMBEDDING = "model.embed_tokens.weight";
  private static final String HEAD = "lm_head.weight";
  private static final String NORM = "model.norm.weight";

  @TempDir Path folder;

  @BeforeEach
  void write_models() {
    TinyModels.llama(folder.resolve("a"), 4, 1);
    TinyModels.llama(folder.resolve("b"), 4, 2);
  }

  @Test
  void should_stack_overlapping_slices_and_number_their_layers_anew() {
    try (RecipePlan plan = plan("""
        merge_method: passthrough
        slices:
          - sources: [{model: a, layer_range: [0, 3]}]
          - sources: [{model: b, layer_range: [1, 4]}]
        """); Checkpoint merged = plan.toCheckpoint()) {
      for (int layer = 0; layer < 6; layer++) {
        assertThat(TinyModels.floats(merged, mlp(layer))).isEqualTo(layer < 3 ? of("a", mlp(layer)) : of("b", mlp(layer - 2)));
      }
      assertThat(TinyModels.floats(merged, EMBEDDING)).isEqualTo(of("a", EMBEDDING));
      assertThat(TinyModels.floats(merged, NORM)).isEqualTo(of("b", NORM));
      assertThat(TinyModels.floats(merged, HEAD)).isEqualTo(of("b", HEAD));
      assertThat(merged.names()).hasSize(15);
      assertThat(merged.metadata()).containsKey("modelweave.recipe");
    }
  }

  @Test
  void should_merge_two_layers_of_one_model_with_each_other() {
    try (RecipePlan plan = plan("""
        merge_method: linear
        slices:
          - sources:
              - {model: a, layer_range: [0, 1], parameters: {weight: 1}}
              - {model: a, layer_range: [2, 3], parameters: {weight: 3}}
        """); Checkpoint merged = plan.toCheckpoint()) {
      assertClose(merged, mlp(0), mix(0.25, of("a", mlp(0)), 0.75, of("a", mlp(2))));
      assertThat(TinyModels.floats(merged, HEAD)).isEqualTo(of("a", HEAD));
    }
  }

  @Test
  void should_count_a_model_twice_that_is_listed_twice() {
    try (RecipePlan plan = plan("merge_method: linear\nmodels: [" + weighted("a", "1") + "," + weighted("b", "1") + ","
        + weighted("a", "2") + "]");
        Checkpoint merged = plan.toCheckpoint()) {
      assertClose(merged, mlp(1), mix(0.75, of("a", mlp(1)), 0.25, of("b", mlp(1))));
    }
  }

  @Test
  void should_run_gradients_over_layers_and_give_norm_and_head_the_first_value() {
    try (RecipePlan plan = plan("""
        merge_method: linear
        models: [%s, %s]
        parameters: {normalize: false}
        """.formatted(weighted("a", "[1, 0, 4]"), weighted("b", "0"))); Checkpoint merged = plan.toCheckpoint()) {
      double[] expected = {1, 1 / 3.0, 4 / 3.0, 4};
      for (int layer = 0; layer < 4; layer++) {
        assertClose(merged, mlp(layer), mix(expected[layer], of("a", mlp(layer)), 0, of("b", mlp(layer))));
      }
      for (String outside : List.of(EMBEDDING, NORM, HEAD)) {
        assertThat(TinyModels.floats(merged, outside)).isEqualTo(of("a", outside));
      }
    }
  }

  @Test
  void should_give_a_slice_of_one_layer_the_last_value_of_a_gradient() {
    try (RecipePlan plan = plan("""
        merge_method: passthrough
        parameters: {scale: [1, 5]}
        slices: [{sources: [{model: a, layer_range: [2, 3]}]}]
        """); Checkpoint merged = plan.toCheckpoint()) {
      assertClose(merged, mlp(0), mix(5, of("a", mlp(2)), 0, of("a", mlp(2))));
    }
  }

  @Test
  void should_look_parameters_up_from_the_inside_out_and_fall_through_filters() {
    try (RecipePlan plan = plan("""
        merge_method: linear
        parameters:
          normalize: false
          weight: [{filter: self_attn, value: 7}, {value: 2}]
        slices:
          - sources:
              - {model: a, layer_range: [0, 1], parameters: {weight: [{filter: mlp, value: 3}]}}
              - {model: b, layer_range: [0, 1]}
          - sources:
              - {model: a, layer_range: [1, 2]}
              - {model: b, layer_range: [1, 2], parameters: {weight: 1}}
            parameters: {weight: [{filter: "*", value: 5}, {filter: mlp, value: 6}]}
        """); Checkpoint merged = plan.toCheckpoint()) {
      assertClose(merged, mlp(0), mix(3, of("a", mlp(0)), 2, of("b", mlp(0))));
      assertClose(merged, attention(0), mix(7, of("a", attention(0)), 7, of("b", attention(0))));
      assertClose(merged, mlp(1), mix(5, of("a", mlp(1)), 1, of("b", mlp(1))));
      assertClose(merged, EMBEDDING, mix(2, of("a", EMBEDDING), 2, of("b", EMBEDDING)));
      assertClose(merged, HEAD, mix(5, of("a", HEAD), 1, of("b", HEAD)));
    }
  }

  @Test
  void should_match_filters_of_models_with_input_names_and_others_with_output_names() {
    try (RecipePlan plan = plan("""
        merge_method: slerp
        base_model: a
        slices: [{sources: [{model: a, layer_range: [2, 3]}, {model: b, layer_range: [2, 3]}]}]
        parameters: {t: [{filter: layers.0., value: 1}, {value: 0}]}
        """); Checkpoint merged = plan.toCheckpoint()) {
      assertThat(TinyModels.floats(merged, mlp(0))).isEqualTo(of("b", mlp(2)));
    }
    try (RecipePlan plan = plan("""
        merge_method: linear
        slices: [{sources: [{model: a, layer_range: [2, 3]}, {model: b, layer_range: [1, 2]}]}]
        parameters: {weight: [{filter: layers.2., value: 1}, {value: 0}, {filter: mlp, value: 9}], normalize: false}
        """); Checkpoint merged = plan.toCheckpoint()) {
      assertThat(TinyModels.floats(merged, mlp(0))).isEqualTo(of("a", mlp(2)));
    }
  }

  @Test
  void should_copy_a_slice_of_one_source_whatever_the_method() {
    try (RecipePlan plan = plan("""
        merge_method: slerp
        base_model: a
        parameters: {t: 0.5}
        slices:
          - sources: [{model: b, layer_range: [0, 1]}]
          - sources: [{model: b, layer_range: [1, 2]}, {model: a, layer_range: [1, 2]}]
          - sources: [{model: a, layer_range: [3, 4]}]
        """); Checkpoint merged = plan.toCheckpoint()) {
      assertThat(TinyModels.floats(merged, mlp(0))).isEqualTo(of("b", mlp(0)));
      assertThat(TinyModels.floats(merged, mlp(1))).isNotEqualTo(of("b", mlp(1))).isNotEqualTo(of("a", mlp(1)));
      assertThat(TinyModels.floats(merged, mlp(2))).isEqualTo(of("a", mlp(3)));
    }
  }

  @Test
  void should_take_the_head_of_all_sources_of_the_last_slice_even_if_it_has_no_layers() {
    try (RecipePlan plan = plan("""
        merge_method: linear
        parameters: {weight: 1}
        slices:
          - sources: [{model: a, layer_range: [0, 2]}]
          - sources: [{model: a, layer_range: [2, 2]}, {model: b, layer_range: [2, 2]}]
        """); Checkpoint merged = plan.toCheckpoint()) {
      assertThat(merged.names()).hasSize(7);
      assertClose(merged, HEAD, mix(0.5, of("a", HEAD), 0.5, of("b", HEAD)));
    }
  }

  @Test
  void should_take_a_base_that_is_not_listed_from_the_layers_of_the_slice() {
    TinyModels.llama(folder.resolve("base"), 4, 3);
    try (RecipePlan plan = plan("""
        merge_method: task_arithmetic
        base_model: base
        slices: [{sources: [{model: a, layer_range: [1, 2], parameters: {weight: 0.5}}]}]
        """); Checkpoint merged = plan.toCheckpoint()) {
      assertClose(merged, mlp(0), mix(0.5, of("base", mlp(1)), 0.5, of("a", mlp(1))));
    }
    assertProblems("""
        merge_method: task_arithmetic
        base_model: base
        slices: [{sources: [{model: a, layer_range: [1, 2]}, {model: b, layer_range: [2, 3]}]}]
        """, "line 3, column 10: sources of different layers do not tell which layers of base_model base belong to them;"
            + " list it with its layer_range");
  }

  @Test
  void should_not_merge_a_listed_base_and_say_that_its_parameters_have_no_effect() {
    String others = "merge_method: task_arithmetic\nbase_model: a\nmodels: [" + weighted("b", "0.5");
    try (RecipePlan with = plan(others + ", " + weighted("a", "9") + "]"); RecipePlan without = plan(others + "]")) {
      assertThat(with.notes()).containsExactly("line 3, column 49: the parameters of base_model a have no effect");
      assertThat(without.notes()).isEmpty();
      assertThat(TinyModels.floats(with.toCheckpoint(), HEAD)).isEqualTo(TinyModels.floats(without.toCheckpoint(), HEAD));
    }
    try (RecipePlan plan = plan("merge_method: linear\nbase_model: b\nmodels: [" + weighted("a", "1") + "]")) {
      assertThat(plan.notes())
          .containsExactly("linear does not merge base_model b, which is not listed; only its configuration and tokenizer are copied");
      assertThat(TinyModels.floats(plan.toCheckpoint(), HEAD)).isEqualTo(of("a", HEAD));
    }
  }

  @Test
  void should_read_the_head_of_a_tied_model_from_its_embedding() {
    TinyModels.tiedLlama(folder.resolve("tied"), 4, 3);
    try (RecipePlan plan = plan("merge_method: linear\nmodels: [" + weighted("tied", "1") + "," + weighted("a", "1") + "]");
        Checkpoint merged = plan.toCheckpoint()) {
      assertClose(merged, HEAD, mix(0.5, of("tied", EMBEDDING), 0.5, of("a", HEAD)));
      assertThat(plan.configuration().orElseThrow()).contains("\"tie_word_embeddings\" : false");
    }
    TinyModels.tiedLlama(folder.resolve("tied2"), 4, 4);
    try (RecipePlan plan = plan("merge_method: linear\nmodels: [" + weighted("tied", "1") + "," + weighted("tied2", "1") + "]");
        Checkpoint merged = plan.toCheckpoint()) {
      assertThat(merged.contains(HEAD)).isFalse();
      assertThat(plan.configuration().orElseThrow()).contains("\"tie_word_embeddings\" : true");
    }
  }

  @Test
  void should_round_to_the_type_of_the_output() {
    try (RecipePlan plan = plan("merge_method: linear\ndtype: float32\nout_dtype: bfloat16\nmodels: [" + weighted("a", "1") + ","
        + weighted("b", "1") + "]");
        Checkpoint merged = plan.toCheckpoint()) {
      assertThat(merged.names()).allMatch(name -> merged.info(name).type() == ElementType.BF16);
      assertThat(plan.configuration().orElseThrow()).contains("\"torch_dtype\" : \"bfloat16\"");
    }
  }

  @Test
  void should_merge_single_files_of_any_architecture_and_cut_their_layers_by_name() {
    Map<String, List<Long>> shapes = Map.of("net.0.w", List.of(2L), "net.1.w", List.of(2L), "net.2.w", List.of(2L), "out", List.of(1L));
    TinyModels.write(folder.resolve("x.safetensors"), shapes, 5);
    TinyModels.write(folder.resolve("y.safetensors"), shapes, 6);
    try (RecipePlan plan = plan("merge_method: linear\nmodels: [" + weighted("x.safetensors", "[1, 0, 1]") + ","
        + weighted("y.safetensors", "[0, 1, 0]") + "]");
        Checkpoint merged = plan.toCheckpoint()) {
      assertThat(TinyModels.floats(merged, "net.1.w")).isEqualTo(of("y.safetensors", "net.1.w"));
      assertThat(TinyModels.floats(merged, "out")).isEqualTo(of("x.safetensors", "out"));
      assertThat(plan.configuration()).isEmpty();
    }
    try (RecipePlan plan = plan("""
        merge_method: passthrough
        slices:
          - sources: [{model: x.safetensors, layer_range: [0, 2]}]
          - sources: [{model: y.safetensors, layer_range: [0, 3]}]
        """); Checkpoint merged = plan.toCheckpoint()) {
      assertThat(TinyModels.floats(merged, "net.4.w")).isEqualTo(of("y.safetensors", "net.2.w"));
    }
  }

  @Test
  void should_know_one_model_by_two_names() {
    try (RecipePlan plan = plan("merge_method: task_arithmetic\nbase_model: ./a\nmodels: [" + weighted("a", "1") + ","
        + weighted("b", "1") + "]");
        Checkpoint merged = plan.toCheckpoint()) {
      assertThat(TinyModels.floats(merged, HEAD)).containsExactly(of("b", HEAD), within(CLOSE));
    }
  }

  @Test
  void should_name_everything_that_is_wrong_with_the_models() {
    TinyModels.text(folder.resolve("broken.safetensors"), "not safetensors");
    TinyModels.configure(TinyModels.write(folder.resolve("badjson"), Map.of("w", List.of(1L)), 1), 1, "x");

    try (RecipePlan plan = plan("merge_method: linear\nmodels:"
        + " [{model: gone}, {model: a+lora}, {model: a@main}, {model: broken.safetensors}, {model: badjson}]")) {
      assertThat(plan.problems()).hasSize(5);
      assertThat(plan.problems().get(0))
          .isEqualTo("there is no model gone: not a path in %s; nothing is downloaded, so fetch it first".formatted(folder));
      assertThat(plan.problems().get(1)).endsWith("a model with a LoRA adapter must be merged with it first (merge_and_unload of peft)");
      assertThat(plan.problems().get(2)).endsWith("nothing is downloaded, so leave the revision out");
      assertThat(plan.problems().get(3)).startsWith("model broken.safetensors: ").contains(folder.resolve("broken.safetensors").toString());
      assertThat(plan.problems().get(4)).startsWith("model badjson: ").contains("config.json is not valid JSON");
      assertThatThrownBy(plan::toCheckpoint).isInstanceOf(ModelMismatchException.class)
          .hasMessageStartingWith("cannot merge by recipe: 5 mismatches");
    }
  }

  @Test
  void should_refuse_layers_that_are_not_there() {
    assertProblems("merge_method: passthrough\nslices: [{sources: [{model: a, layer_range: [2, 6]}]}]",
        "line 2, column 21: layer_range [2, 6] goes past the 4 layers of a");
    TinyModels.llama(folder.resolve("deep"), 6, 3);
    assertProblems("merge_method: linear\nmodels: [" + weighted("a", "1") + "," + weighted("deep", "1") + "]",
        "a has the layers {model.layers.=4}, and deep has {model.layers.=6}; models of different depth are combined by slices");
    TinyModels.configure(folder.resolve("deep"), 5, "\"x\": 1");
    assertProblems("merge_method: passthrough\nslices: [{sources: [{model: deep, layer_range: [0, 1]}]}]",
        "slices need one stack of layers, but deep has {model.layers.=6}, and 5 by its config.json");
    TinyModels.write(folder.resolve("flat.safetensors"), Map.of("w", List.of(1L)), 1);
    assertProblems("merge_method: passthrough\nslices: [{sources: [{model: flat.safetensors, layer_range: [0, 1]}]}]",
        "slices need one stack of layers, but flat.safetensors has none");
    TinyModels.write(folder.resolve("other.safetensors"), Map.of("h.0.w", List.of(1L)), 1);
    assertProblems("merge_method: passthrough\nslices: [{sources: [{model: a, layer_range: [0, 1]}]},"
        + " {sources: [{model: other.safetensors, layer_range: [0, 1]}]}]",
        "other.safetensors has no layers called model.layers.*, only {h.=1}");
    TinyModels.write(folder.resolve("gap.safetensors"), Map.of("h.0.w", List.of(1L), "h.2.w", List.of(1L)), 1);
    assertProblems("merge_method: passthrough\nslices: [{sources: [{model: gap.safetensors, layer_range: [0, 1]}]}]",
        "gap.safetensors has the layers [0, 2]; some are missing");
  }

  @Test
  void should_refuse_what_the_method_cannot_do() {
    assertProblems("merge_method: ties\nmodels: [{model: a}, {model: b}]", "ties needs base_model");
    assertProblems("merge_method: slerp\nparameters: {t: 0.5}\nmodels: [{model: a}, {model: b}]",
        "slerp needs base_model: the model that t = 0 returns");
    assertProblems("merge_method: linear\nmodels: [{model: a}, {model: b, parameters: {weight: [{filter: mlp, value: 1}]}}]",
        "linear needs weight of a", "linear needs weight of b");
    try (RecipePlan plan = plan("merge_method: passthrough\nmodels: [{model: a}, {model: b}]")) {
      assertThat(plan.problems()).singleElement().asString().startsWith("passthrough takes exactly 1 models, not 2");
    }
  }

  @Test
  void should_note_other_architectures_and_vocabularies() {
    TinyModels.text(folder.resolve("b").resolve("tokenizer.json"), "{\"vocab\": 6}");
    TinyModels.configure(folder.resolve("b"), 4, "\"model_type\": \"mistral\"");

    try (RecipePlan plan = plan("merge_method: linear\nmodels: [" + weighted("a", "1") + "," + weighted("b", "1") + "]")) {
      assertThat(plan.problems()).isEmpty();
      assertThat(plan.notes()).containsExactly("a is a llama, and b a mistral; only the shapes of their tensors are compared",
          "a and b have different tokenizer.json; tokens are matched by number, and the tokenizer of a is copied");
    }
  }

  private void assertProblems(String yaml, String... problems) {
    try (RecipePlan plan = plan(yaml)) {
      assertThat(plan.problems()).containsExactly(problems);
    }
  }

  private RecipePlan plan(String yaml) {
    return Recipe.parse(yaml).plan(ModelLocator.in(folder), MergeOptions.defaults().withThreads(1));
  }

  private float[] of(String model, String tensor) {
    return TinyModels.floats(folder.resolve(model), tensor);
  }

  private static String weighted(String model, String weight) {
    return "{model: %s, parameters: {weight: %s}}".formatted(model, weight);
  }

  private static String mlp(int layer) {
    return "model.layers.%d.mlp.up_proj.weight".formatted(layer);
  }

  private static String attention(int layer) {
    return "model.layers.%d.self_attn.q_proj.weight".formatted(layer);
  }

  private static float[] mix(double s, float[] a, double t, float[] b) {
    float[] mixed = new float[a.length];
    for (int i = 0; i < a.length; i++) {
      mixed[i] = (float) (s * a[i] + t * b[i]);
    }
    return mixed;
  }

  private static void assertClose(Checkpoint merged, String tensor, float[] expected) {
    assertThat(TinyModels.floats(merged, tensor)).as(tensor).containsExactly(expected, within(CLOSE));
  }
}
