package io.modelweave.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.checkpoint.CheckpointOutput;
import io.modelweave.core.checkpoint.CheckpointWriter;
import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.core.checkpoint.TensorInfo;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the {@code merge} command prints, writes and refuses. */
class MergeCommandTest {

  private static final String LINEAR = """
      merge_method: linear
      models:
        - {model: a.safetensors, parameters: {weight: 1}}
        - {model: b.safetensors, parameters: {weight: 1}}
      """;

  @TempDir Path folder;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @BeforeEach
  void write_models() {
    write("a.safetensors", 1, 2);
    write("b.safetensors", 3, 6);
  }

  private void write(String name, float... values) {
    TensorInfo info = new TensorInfo("w", ElementType.F32, List.of((long) values.length));
    ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    try (CheckpointOutput output = CheckpointWriter.to(folder.resolve(name)).open(List.of(info))) {
      output.write("w", 0, bytes);
      output.finish();
    }
  }

  @Test
  void should_merge_files_named_beside_the_recipe() throws IOException {
    Path target = folder.resolve("out");

    assertThat(run("merge", recipe(LINEAR), target.toString())).isZero();

    assertThat(out.toString(UTF_8)).isEqualTo("1 tensors, 1 of them merged by linear, are in %s.%n".formatted(target));
    assertThat(values(target)).containsExactly(2, 4);
    assertThat(Files.list(target)).anyMatch(file -> file.toString().endsWith("report.json"));
  }

  @Test
  void should_look_for_models_where_it_is_told_to() throws IOException {
    Path elsewhere = Files.createDirectories(folder.resolve("elsewhere"));
    Path moved = Files.writeString(elsewhere.resolve("r.yml"), LINEAR);

    assertThat(run("merge", moved.toString(), folder.resolve("out.safetensors").toString(), "--models", folder.toString())).isZero();
    assertThat(values(folder.resolve("out.safetensors"))).containsExactly(2, 4);
  }

  @Test
  void should_print_the_plan_and_write_nothing_on_a_dry_run() throws IOException {
    assertThat(run("merge", recipe(LINEAR), folder.resolve("out").toString(), "--dry-run", "--threads", "2")).isZero();

    assertThat(out.toString(UTF_8)).startsWith("""
        model 0: %s
        model 1: %s
        name                dtype  shape  method  made of  bytes
        ------------------  -----  -----  ------  -------  -----
        w                   F32    [2]    linear  0, 1         8
        total of 1 tensors                                     8
        """.formatted(folder.resolve("a.safetensors"), folder.resolve("b.safetensors"))).endsWith("Nothing was written.%n".formatted());
    assertThat(err.toString(UTF_8)).isEmpty();
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void should_print_each_problem_of_a_recipe_on_a_line() throws IOException {
    String path = recipe("merge_methd: linear\n" + LINEAR + "dtype: fp16\n");

    assertThat(run("merge", path, folder.resolve("out").toString())).isEqualTo(2);

    assertThat(err.toString(UTF_8).lines()).containsExactly(
        path + ": line 1, column 1: unknown key \"merge_methd\" of the recipe; did you mean \"merge_method\"?",
        path + ": line 6, column 8: dtype is \"fp16\", not one of bfloat16, float16, float32, float64");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void should_print_each_problem_of_the_models_on_a_line() throws IOException {
    write("b.safetensors.long", 1, 2, 3);
    Files.move(folder.resolve("b.safetensors.long").resolve("model.safetensors"), folder.resolve("c.safetensors"));

    assertThat(run("merge", recipe(LINEAR.replace("b.saf", "c.saf")), folder.resolve("out").toString())).isEqualTo(2);
    assertThat(err.toString(UTF_8).lines()).singleElement().asString().startsWith("\"w\": ").contains("[3]").contains("[2]");

    assertThat(run("merge", recipe(LINEAR.replace("a.saf", "x.saf").replace("b.saf", "y.saf")), folder.resolve("out").toString()))
        .isEqualTo(2);
    assertThat(err.toString(UTF_8).lines().skip(1)).hasSize(2).allMatch(line -> line.startsWith("there is no model "));
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void should_replace_a_model_only_on_request() throws IOException {
    Path target = folder.resolve("out.safetensors");
    Files.copy(folder.resolve("a.safetensors"), target);

    assertThat(run("merge", recipe(LINEAR), target.toString())).isEqualTo(2);
    assertThat(err.toString(UTF_8)).contains("already").doesNotContain("\tat ");
    assertThat(values(target)).containsExactly(1, 2);

    assertThat(run("merge", recipe(LINEAR), target.toString(), "--overwrite")).isZero();
    assertThat(values(target)).containsExactly(2, 4);
  }

  @Test
  void should_refuse_nan_and_leave_nothing() throws IOException {
    write("a.safetensors.nan", Float.NaN, 2);
    Files.move(folder.resolve("a.safetensors.nan").resolve("model.safetensors"), folder.resolve("n.safetensors"));

    assertThat(run("merge", recipe(LINEAR.replace("a.saf", "n.saf")), folder.resolve("out.safetensors").toString())).isEqualTo(2);

    assertThat(err.toString(UTF_8)).contains("\"w\"");
    assertThat(folder.resolve("out.safetensors")).doesNotExist();
  }

  @Test
  void should_resume_and_cut_shards() throws IOException {
    assertThat(run("merge", recipe(LINEAR), folder.resolve("out").toString(), "--resume", "--shard-bytes", "4", "--seed", "3")).isZero();

    assertThat(values(folder.resolve("out"))).containsExactly(2, 4);
  }

  @Test
  void should_refuse_wrong_options() throws IOException {
    for (String[] wrong : new String[][] {{"--threads", "0"}, {"--shard-bytes", "0"}, {"--seed", "x"}}) {
      assertThat(run("merge", recipe(LINEAR), folder.resolve("out").toString(), wrong[0], wrong[1])).isEqualTo(2);
    }
    assertThat(run("merge", folder.resolve("gone.yml").toString(), "out")).isEqualTo(2);
    assertThat(err.toString(UTF_8).lines()).hasSize(4).last().asString().contains("gone.yml");
  }

  private String recipe(String yaml) throws IOException {
    return Files.writeString(folder.resolve("recipe.yml"), yaml).toString();
  }

  private static float[] values(Path model) {
    try (Checkpoint checkpoint = Checkpoint.open(model)) {
      ByteBuffer raw = checkpoint.raw("w");
      float[] values = new float[raw.remaining() / Float.BYTES];
      raw.asFloatBuffer().get(values);
      return values;
    }
  }

  private int run(String... arguments) {
    return Main.run(new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8), arguments);
  }
}
