package io.modelweave.merge.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelweave.core.Checkpoint;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.merge.MergeReport;
import io.modelweave.merge.WriteOptions;
import io.modelweave.merge.engine.MergeOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a recipe writes, and recipes in the shapes that people publish. */
class RecipeFilesTest {

  private static final String FRANKEN = """
      merge_method: passthrough
      dtype: float16
      slices:
        - sources: [{model: a, layer_range: [0, 3]}]
        - sources: [{model: b, layer_range: [2, 4]}]
      """;

  @TempDir Path folder;

  @BeforeEach
  void write_models() {
    TinyModels.llama(folder.resolve("a"), 4, 1);
    TinyModels.llama(folder.resolve("b"), 4, 2);
    TinyModels.llama(folder.resolve("base"), 4, 3);
  }

  @Test
  void should_write_a_configuration_that_fits_the_layers() throws IOException {
    Path out = folder.resolve("out");

    MergeReport report = write(FRANKEN, out, WriteOptions.defaults());

    JsonNode configuration = new ObjectMapper().readTree(out.resolve("config.json").toFile());
    assertThat(configuration.path("num_hidden_layers").asInt()).isEqualTo(5);
    assertThat(configuration.path("layer_types").toString()).isEqualTo("[\"full\",\"sliding\",\"full\",\"full\",\"sliding\"]");
    assertThat(configuration.path("eos_token_id").toString()).isEqualTo("[1,2,3,4]");
    assertThat(configuration.path("torch_dtype").asText()).isEqualTo("float16");
    assertThat(out.resolve("tokenizer.json")).hasSameTextualContentAs(folder.resolve("a").resolve("tokenizer.json"));
    assertThat(report.tensors()).hasSize(13);
    assertThat(report.files()).containsExactly(out.resolve("model.safetensors"));
  }

  @Test
  void should_leave_what_is_there_unless_told_to_replace_it() throws IOException {
    Path out = Files.createDirectories(folder.resolve("out"));
    TinyModels.text(out.resolve("config.json"), "mine");
    TinyModels.text(out.resolve("vocab.txt"), "mine");

    assertThatThrownBy(() -> write(FRANKEN, out, WriteOptions.defaults())).isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("%s has config.json, vocab.txt of another model; choose another directory, or overwrite".formatted(out));
    assertThat(out).isDirectoryNotContaining("glob:**.safetensors");
    assertThat(out.resolve("config.json")).hasContent("mine");

    write(FRANKEN, out, WriteOptions.defaults().withOverwrite(true));
    assertThat(out.resolve("vocab.txt")).doesNotExist();
    assertThat(out.resolve("config.json")).content().contains("num_hidden_layers");
  }

  @Test
  void should_never_replace_a_model_that_it_reads() {
    for (String out : List.of("a", "base/../a", "a/model.safetensors")) {
      assertThatThrownBy(() -> write(FRANKEN, folder.resolve(out), WriteOptions.defaults().withOverwrite(true))).isInstanceOf(ModelMismatchException.class)
          .hasMessageContaining("the output would replace model a").hasMessageContaining("write somewhere else");
    }
  }

  @Test
  void should_write_a_single_file_without_companions() throws IOException {
    Path out = Files.createDirectories(folder.resolve("single")).resolve("merged.safetensors");

    write(FRANKEN, out, WriteOptions.defaults());

    assertThat(out).exists();
    assertThat(out.resolveSibling("config.json")).doesNotExist();
  }

  @Test
  void should_write_the_same_bytes_on_any_number_of_threads() throws IOException {
    String recipe = "merge_method: dare_ties\nbase_model: base\nmodels: [{model: a}, {model: b}]\nparameters: {density: 0.5, weight: 0.5}";
    Path one = folder.resolve("one");
    Path three = folder.resolve("three");

    for (Path out : new Path[] {one, three}) {
      MergeOptions options = MergeOptions.defaults().withSeed(4).withThreads(out.equals(one) ? 1 : 3);
      try (RecipePlan plan = Recipe.parse(recipe).plan(ModelLocator.in(folder), options)) {
        plan.writeTo(out, WriteOptions.defaults());
      }
    }

    assertThat(one.resolve("model.safetensors")).hasSameBinaryContentAs(three.resolve("model.safetensors"));
  }

  @Test
  void should_run_recipes_that_use_the_output_of_earlier_ones() throws IOException {
    String slerp = """
        slices:
          - sources:
              - {model: a, layer_range: [0, 4]}
              - {model: b, layer_range: [0, 4]}
        merge_method: slerp
        base_model: a
        parameters: {t: [{filter: self_attn, value: [0, 0.5, 0.3, 0.7, 1]}, {value: 0.5}]}
        """;
    String ties = """
        models:
          - {model: ./models/half, parameters: {density: [1, 0.7, 0.1], weight: 1.0}}
          - {model: b, parameters: {density: 0.33, weight: [{filter: mlp, value: 0.5}, {value: 0}]}}
        merge_method: ties
        base_model: base
        """;
    Path out = folder.resolve("out");

    write(slerp + "out_path: ./models/half\n---\n" + ties + "out_path: ./models/ties\n", out, WriteOptions.defaults());

    write(slerp, folder.resolve("models").resolve("half"), WriteOptions.defaults());
    write(ties, folder.resolve("models").resolve("ties"), WriteOptions.defaults());
    for (String tensor : new String[] {"model.layers.1.mlp.up_proj.weight", "lm_head.weight"}) {
      assertThat(TinyModels.floats(out, tensor)).isEqualTo(TinyModels.floats(folder.resolve("models").resolve("ties"), tensor));
    }
    assertThat(folder).isDirectoryNotContaining("glob:**.tmp");

    Path there = Files.copy(folder.resolve("a").resolve("model.safetensors"), folder.resolve("there.safetensors"));
    assertThatThrownBy(() -> write(FRANKEN + "name: x\n---\n" + FRANKEN, there, WriteOptions.defaults()))
        .isInstanceOf(UncheckedIOException.class).hasMessageContaining("there.safetensors");
    assertThat(folder).isDirectoryNotContaining("glob:**.tmp");
  }

  @Test
  void should_refuse_to_resume_several_recipes_and_say_which_recipe_is_wrong() throws IOException {
    String stages = "name: half\n" + FRANKEN + "---\nmerge_method: passthrough\nslices: [{sources: [{model: half, layer_range: [4, %d]}]}]";

    WriteOptions resuming = WriteOptions.defaults().withResume(WriteOptions.Resume.CONTINUE);
    assertThatThrownBy(() -> write(stages.formatted(5), folder.resolve("out"), resuming))
        .hasMessageContaining("a file of several recipes cannot be resumed; run them one at a time");
    try (RecipePlan plan = Recipe.parse(stages.formatted(6)).plan(folder)) {
      assertThat(plan.problems()).containsExactly(
          "recipe at line 8, column 1: line 9, column 21: layer_range [4, 6] goes past the 5 layers of half");
    }
    try (RecipePlan plan = Recipe.parse(stages.formatted(5)).plan(folder); Checkpoint merged = plan.toCheckpoint()) {
      assertThat(plan.steps()).isEqualTo(18);
      assertThat(merged.names()).hasSize(5);
      assertThat(merged.info("lm_head.weight").type()).isEqualTo(ElementType.F16);
      assertThat(plan.configuration().orElseThrow()).contains("\"num_hidden_layers\" : 1").contains("[ \"sliding\" ]");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {
      """
      models:
        - {model: a, parameters: {weight: 1.0}}
        - {model: b, parameters: {weight: 0.3}}
        - {model: base, parameters: {weight: 0.5}}
      merge_method: linear
      dtype: float16
      """,
      """
      slices:
        - sources:
            - {model: a, layer_range: [0, 4]}
            - {model: b, layer_range: [0, 4]}
      merge_method: slerp
      base_model: a
      parameters:
        t:
          - {filter: self_attn, value: [0, 0.5, 0.3, 0.7, 1]}
          - {filter: mlp, value: [1, 0.5, 0.7, 0.3, 0]}
          - value: 0.5
      dtype: float16
      """,
      """
      models:
        - {model: a, parameters: {density: [1, 0.7, 0.1], weight: 1.0}}
        - {model: b, parameters: {density: 0.33, weight: [{filter: mlp, value: 0.5}, {value: 0.1}]}}
      merge_method: ties
      base_model: base
      parameters: {normalize: true, int8_mask: true}
      dtype: float16
      """,
      FRANKEN,
      """
      models:
        - model: base
        - {model: a, parameters: {density: 0.53, weight: 0.4}}
        - {model: b, parameters: {density: 0.53, weight: 0.3}}
      merge_method: dare_ties
      base_model: base
      parameters: {int8_mask: true}
      dtype: bfloat16
      """,
      "{models: [{model: a}, {model: b}], merge_method: model_stock, base_model: base}",
      "{models: [{model: a, parameters: {weight: 0.4}}, {model: b, parameters: {weight: 0.6}}], merge_method: nuslerp}",
      "{models: [{model: a}, {model: b}], merge_method: task_arithmetic, base_model: base, parameters: {weight: 0.5, lambda: 0.7}}",
      "{models: [{model: a}, {model: b}], merge_method: della, base_model: base, parameters: {weight: 0.5, density: 0.6, epsilon: 0.1}}",
      "{models: [{model: a}, {model: b}], merge_method: breadcrumbs, base_model: base, parameters: {weight: 0.5, gamma: 0.1}}",
      "{models: [{model: a}, {model: b}], merge_method: karcher, parameters: {max_iter: 20, tol: 1e-6}}",
      "{models: [{model: a}, {model: b}], merge_method: sce, base_model: base, parameters: {select_topk: 0.5}}",
      "{models: [{model: a}], merge_method: arcee_fusion, base_model: base}",
      "{models: [{model: a}], merge_method: nearswap, base_model: base, parameters: {t: 0.01}}",
      "{models: [{model: a}, {model: b}], merge_method: multislerp, parameters: {weight: 0.5}}"})
  void should_merge_recipes_of_published_shapes(String recipe) throws IOException {
    Path out = folder.resolve("out");

    MergeReport report = write(recipe, out, WriteOptions.defaults());

    assertThat(report.tensors()).hasSizeGreaterThanOrEqualTo(11).allMatch(tensor -> tensor.nonFinite() == 0);
    assertThat(out.resolve("config.json")).exists();
  }

  private MergeReport write(String recipe, Path out, WriteOptions how) {
    try (RecipePlan plan = Recipe.parse(recipe).plan(folder)) {
      return plan.writeTo(out, how);
    }
  }
}
