package io.modelweave.merge.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a recipe may say, and what it hears otherwise. */
class RecipeParserTest {

  private static final String MODELS = """
      models:
        - model: a
          parameters: {weight: 1}
        - model: b
          parameters: {weight: 0.5}
      """;

  @Test
  void should_read_names_in_the_order_of_the_recipe() {
    Recipe recipe = Recipe.parse("merge_method: task_arithmetic\nbase_model: c\n" + MODELS);

    assertThat(recipe.mergeMethod()).isEqualTo("task_arithmetic");
    assertThat(recipe.baseModel()).contains("c");
    assertThat(recipe.models()).containsExactly("a", "b", "c");
  }

  @Test
  void should_ask_about_unknown_keys_on_every_level() {
    assertThat(problems("""
        merge_metod: linear
        merge_method: linear
        modles: []
        models:
          - modell: a
            model: a
            parameters: {wieght: 1}
        """)).containsExactly(
        "line 1, column 1: unknown key \"merge_metod\" of the recipe; did you mean \"merge_method\"?",
        "line 3, column 1: unknown key \"modles\" of the recipe; did you mean \"models\"?",
        "line 5, column 5: unknown key \"modell\" of a model; did you mean \"model\"?",
        "line 7, column 18: linear has no parameter \"wieght\"; did you mean \"weight\"?");
  }

  @Test
  void should_list_the_names_if_none_is_near() {
    assertThat(problems("merge_method: linear\nfoo_bar_baz: 1\n" + MODELS))
        .containsExactly("line 2, column 1: unknown key \"foo_bar_baz\" of the"
        + " recipe; there are base_model, dtype, merge_method, models, name, out_dtype, out_path, parameters, slices");
    assertThat(problems("merge_method: slerp\nparameters: {density: 1}\nbase_model: a\nmodels: [{model: a}, {model: b}]"))
        .containsExactly("line 2, column 14: slerp has no parameter \"density\"; there are t");
  }

  @Test
  void should_name_the_way_out_of_what_is_not_supported() {
    for (String key : List.of("tokenizer_source: union", "tokenizer: {source: base}", "chat_template: auto", "modules: {}")) {
      assertThat(problems("merge_method: linear\n" + key + "\n" + MODELS)).singleElement().asString()
          .startsWith("line 2, column 1: %s is not supported: ".formatted(key.split(":")[0]));
    }
    assertThat(problems("merge_method: linear\nslices: [{sources: [{model: a, layer_range: [0, 1]}], residual_weight: 0.5}]"))
        .containsExactly("line 2, column 55: residual_weight is not supported: mergekit reads it and does nothing with it; leave it out");
    assertThat(problems("merge_method: linear\nmodels: [{model: a, layer_range: [0, 1]}]"))
        .containsExactly("line 2, column 21: layer_range is not supported: layers are cut in slices; write slices in place of models");
  }

  @Test
  void should_ask_about_a_method_that_is_not_there() {
    assertThat(problems("merge_method: dare-tie\n" + MODELS))
        .containsExactly("line 1, column 15: there is no merge method \"dare-tie\"; did you mean \"dare_ties\"?");
    assertThat(problems("merge_method: zzz\n" + MODELS)).singleElement().asString().contains("there are arcee_fusion, breadcrumbs, ");
    assertThat(problems(MODELS)).containsExactly("line 1, column 1: the recipe needs merge_method");
  }

  @Test
  void should_want_models_or_slices() {
    assertThat(problems("merge_method: linear")).containsExactly("line 1, column 1: the recipe needs either models or slices");
    assertThat(problems("merge_method: linear\n" + MODELS + "slices: [{sources: [{model: a, layer_range: [0, 1]}]}]"))
        .containsExactly("line 1, column 1: the recipe needs either models or slices");
    assertThat(problems("merge_method: linear\nmodels: []")).contains("line 2, column 9: models is an empty list");
    assertThat(problems("merge_method: linear\nmodels: a"))
        .contains("line 2, column 9: models must be a list (\"- \" lines), but is \"a\"");
    assertThat(problems("merge_method: linear\nmodels: [a]"))
        .contains("line 2, column 10: a model must be a mapping (\"key: value\" lines), but is \"a\"",
        "line 2, column 10: a model needs model");
    assertThat(problems("merge_method: linear\nmodels: [{model: [a]}]")).contains("line 2, column 18: model must be text, but is a list");
  }

  @Test
  void should_refuse_what_is_no_recipe_at_all() {
    assertThat(problems("")).containsExactly("the recipe is empty");
    assertThat(problems("- a")).contains("line 1, column 1: the recipe must be a mapping (\"key: value\" lines), but is a list");
    assertThat(problems("a: [1")).singleElement().asString().startsWith("line 1, column 6: this is not YAML: ");
    assertThat(problems("merge_method: linear\nmerge_method: ties\n" + MODELS))
        .containsExactly("line 2, column 1: the recipe has the key \"merge_method\" twice");
  }

  @Test
  void should_want_names_of_recipes_that_others_follow() {
    String linear = "merge_method: linear\n" + MODELS;
    assertThat(problems(linear + "---\n" + linear))
        .containsExactly("line 1, column 1: a recipe with another after it needs a name, by which the other can use its output");
    assertThat(problems(linear + "name: x\n---\n" + linear + "out_path: x\n"))
        .containsExactly("line 9, column 1: an earlier recipe of the file is called x as well");
    assertThat(problems(linear + "name: x\n---\nmerge_method: linaer\n" + MODELS))
        .containsExactly("line 9, column 15: there is no merge method \"linaer\"; did you mean \"linear\"?");
  }

  @Test
  void should_refuse_wrong_values_of_parameters() {
    assertThat(settings("1.5")).containsExactly("density is 1.5, outside [0.0, 1.0]");
    assertThat(settings("[1, -1]")).containsExactly("density is -1.0, outside [0.0, 1.0]");
    assertThat(settings(".nan")).containsExactly("density is NaN, outside [0.0, 1.0]");
    assertThat(settings("\"0.5\"")).containsExactly("density must be a number, but is \"0.5\"");
    assertThat(settings("true")).containsExactly("density must be a number, but is \"true\"");
    assertThat(settings("[]")).containsExactly("density is an empty list");
    assertThat(settings("null")).containsExactly("density must be a number, but is empty");
    assertThat(settings("{filter: mlp, value: 1}"))
        .containsExactly("density is a mapping; write a filter as an element of a list: \"- filter: mlp\"");
    assertThat(settings("[{filter: mlp, value: 1}, 0.5]"))
        .containsExactly("density mixes filters and values; give the last value a line of its own: \"- value: 0.5\"");
    assertThat(settings("[{filter: mlp}]")).containsExactly("a filter of density needs value");
    assertThat(settings("[{filtr: mlp, value: 1}]"))
        .containsExactly("unknown key \"filtr\" of a filter of density; did you mean \"filter\"?");
    assertThat(problems("merge_method: ties\nbase_model: c\nparameters: {normalize: yes}\n" + MODELS))
        .containsExactly("line 3, column 25: normalize must be true or false, but is \"yes\"");
  }

  @Test
  void should_end_where_settings_contain_themselves() {
    assertThat(settings("&loop [{value: *loop}]")).containsExactly("density is nested more than 8 times");
    assertThat(problems("models: " + "[".repeat(100_000))).containsExactly("lists and mappings are nested more than 50 times");
  }

  @Test
  void should_refuse_a_parameter_of_all_models_at_one_of_them() {
    assertThat(problems("merge_method: ties\nbase_model: c\nmodels: [{model: a, parameters: {lambda: 1}}]"))
        .containsExactly("line 3, column 34: lambda is one for all models; write it under the parameters of the slice or of the recipe");
  }

  @Test
  void should_accept_yaml_1_2_numbers_and_the_memory_switch_of_mergekit() {
    Recipe.parse("merge_method: ties\nbase_model: c\nparameters: {int8_mask: true, normalize: True, lambda: 1e-3, density: [.5, 1]}\n"
        + MODELS);
  }

  @Test
  void should_refuse_wrong_layer_ranges() {
    for (String range : List.of("[0]", "[0, 1, 2]", "[1, 0]", "[-1, 2]", "[0, x]", "[0, 1.5]", "3", "{a: 1}")) {
      assertThat(problems("merge_method: passthrough\nslices: [{sources: [{model: a, layer_range: %s}]}]".formatted(range))).contains(
          "line 2, column 45: layer_range must be two whole numbers, the first layer and the one after the last, such as [0, 16]");
    }
    assertThat(problems("merge_method: passthrough\nslices: [{sources: [{model: a}]}]"))
        .containsExactly("line 2, column 21: a source needs layer_range, such as [0, 16] for the layers 0 to 15");
    assertThat(problems("merge_method: linear\nslices: [{sources: [{model: a, layer_range: [0, 2]}, {model: b, layer_range: [0, 3]}]}]"))
        .containsExactly("line 2, column 10: the sources of a slice must have equally many layers, but have [[0, 2], [0, 3]]");
    assertThat(problems("merge_method: linear\nslices: [{parameters: {weight: 1}}]"))
        .containsExactly("line 2, column 10: a slice needs sources");
  }

  @Test
  void should_refuse_unknown_types() {
    assertThat(problems("merge_method: linear\ndtype: fp16\nout_dtype: int8\n" + MODELS)).containsExactly(
        "line 2, column 8: dtype is \"fp16\", not one of bfloat16, float16, float32, float64",
        "line 3, column 12: out_dtype is \"int8\", not one of bfloat16, float16, float32, float64");
  }

  @Test
  void should_list_ten_problems_in_the_message(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("r.yml"), "x: 1\nmerge_method: linear\n" + MODELS + String.join("\n",
        IntStream.range(0, 12).mapToObj("k%dzzzzzz: 1"::formatted).toList()));

    assertThatThrownBy(() -> Recipe.read(file)).isInstanceOf(RecipeException.class)
        .hasMessageStartingWith("cannot use %s: 13 problems\n  line 1, column 1: unknown key \"x\"".formatted(file))
            .hasMessageEndingWith("\n  and 3 more");
  }

  @Test
  void should_name_a_file_that_cannot_be_read(@TempDir Path folder) throws IOException {
    Path latin = Files.write(folder.resolve("latin.yml"), new byte[] {'a', ':', (byte) 0xe9});

    assertThatThrownBy(() -> Recipe.read(latin)).isInstanceOf(RecipeException.class).hasMessageContaining("it is not UTF-8 text");
    assertThatThrownBy(() -> Recipe.read(folder)).isInstanceOf(UncheckedIOException.class).hasMessageContaining(folder.toString());
    assertThatThrownBy(() -> Recipe.read(folder.resolve("gone.yml"))).isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("gone.yml");
  }

  private static List<String> settings(String density) {
    List<String> problems = problems("merge_method: ties\nbase_model: c\n" + MODELS + "parameters:\n  density: " + density);
    assertThat(problems).allMatch(problem -> problem.startsWith("line 9, column "));
    return problems.stream().map(problem -> problem.substring(problem.indexOf(": ") + 2)).toList();
  }

  private static List<String> problems(String yaml) {
    return catchThrowableOfType(RecipeException.class, () -> Recipe.parse(yaml)).problems();
  }
}
