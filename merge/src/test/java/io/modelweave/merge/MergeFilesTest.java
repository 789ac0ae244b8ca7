package io.modelweave.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.hash.Hashing;
import io.modelweave.core.Checkpoint;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.merge.WriteOptions.Resume;
import io.modelweave.merge.engine.TensorReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Merges from files to files. */
class MergeFilesTest {

  @TempDir Path folder;

  private Checkpoint base;
  private Checkpoint a;
  private Checkpoint b;

  @BeforeEach
  void writeModels() {
    base = written("base", 1);
    a = written("a", 2);
    b = written("b", 3);
  }

  @Test
  void should_write_what_it_computes_in_memory() throws IOException {
    Merge merge = Merger.of(a, b).base(base).method(Ties.density(0.3)).weights(0.5, 0.5);

    MergeReport report = merge.writeTo(folder.resolve("merged"));

    try (Checkpoint file = Checkpoint.open(folder.resolve("merged")); Checkpoint memory = merge.merge()) {
      assertThat(file.names()).containsExactlyElementsOf(memory.names());
      for (String name : file.names()) {
        assertThat(file.raw(name)).as(name).isEqualTo(memory.raw(name));
      }
      assertThat(file.metadata()).isEqualTo(memory.metadata()).containsEntry("format", "pt").containsEntry("modelweave.method", "ties")
          .containsEntry("modelweave.seed", "0").containsEntry("modelweave.base", base.source().replaceAll(".*/(?=[^/])", ""))
          .containsKey("modelweave.version");
    }
    assertThat(report.files()).containsExactly(folder.resolve("merged").resolve("model.safetensors"));
    JsonNode json = new JsonMapper().readTree(folder.resolve("merged").resolve("merge-report.json").toFile());
    assertThat(json.path("merged").asInt()).isEqualTo(4);
    assertThat(json.path("tensors").path(0).path("name").asText()).isEqualTo("embed.weight");
  }

  @Test
  void should_record_the_hashes_of_its_inputs_on_request() throws IOException {
    Path file = folder.resolve("merged.safetensors");

    Merger.of(a, b).options(o -> o.withHashInputs(true)).writeTo(file);

    try (Checkpoint merged = Checkpoint.open(file)) {
      String hash = Hashing.sha256().hashBytes(Files.readAllBytes(Path.of(a.source()))).toString();
      assertThat(merged.metadata().get("modelweave.sha256")).contains("=" + hash).doesNotContain(folder.toString());
      assertThat(merged.metadata().values()).noneMatch(text -> text.contains(folder.toString()));
    }
  }

  @Test
  void should_report_norms_cosines_conflicts_and_hashes() {
    PlainCheckpoint zero = new PlainCheckpoint().with("w", 0, 0);
    PlainCheckpoint x = new PlainCheckpoint().with("w", 3, 4);
    PlainCheckpoint y = new PlainCheckpoint().with("w", 3, -4);

    Path file = folder.resolve("merged.safetensors");
    TensorReport report = Merger.of(x, y).base(zero).method(new TaskArithmetic()).weights(0.5, 0.5).writeTo(file).tensors().get(0);

    assertThat(report.norms()).containsExactly(5.0, 5.0);
    assertThat(report.cosines().get(0).get(1)).isEqualTo(-7 / 25.0);
    assertThat(report.signConflicts()).isEqualTo(0.5);
    assertThat(report.normRatio()).isEqualTo(3 / 5.0);
    try (Checkpoint merged = Checkpoint.open(file)) {
      assertThat(report.sha256()).isEqualTo(Hashing.sha256().hashBytes(merged.raw("w").array()).toString());
    }
    assertThat(folder.resolve("merged.safetensors.merge-report.json")).exists();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void should_go_on_after_an_interruption_and_write_the_same_bytes(int tensors) throws IOException {
    Merge merge = Merger.of(a, b).base(base).method(Dare.density(0.5)).seed(7);
    merge.writeTo(folder.resolve("whole"));
    Merge resumable = merge.writing(how -> how.withResume(Resume.CONTINUE));
    List<String> computed = new ArrayList<>();

    assertThatThrownBy(() -> resumable.options(o -> o.withProgress((report, done, total) -> stopAfter(computed, report, tensors)))
        .writeTo(folder.resolve("resumed"))).hasMessage("killed");
    assertThat(folder.resolve("resumed")).doesNotExist();
    assertThat(folder.resolve(".resumed.unfinished")).exists();
    MergeReport report = resumable.writeTo(folder.resolve("resumed"));

    assertThat(Files.mismatch(model("resumed"), model("whole"))).isEqualTo(-1);
    assertThat(Files.mismatch(folder.resolve("resumed/merge-report.json"), folder.resolve("whole/merge-report.json"))).isEqualTo(-1);
    assertThat(report.tensors()).hasSize(5);
    assertThat(folder.resolve(".resumed.unfinished")).doesNotExist();
  }

  @Test
  void should_not_go_on_with_another_merge_or_with_damaged_bytes() throws IOException {
    Merge merge = Merger.of(a, b).writing(how -> how.withResume(Resume.CONTINUE));
    Merge interrupted = merge.options(o -> o.withProgress((report, done, total) -> stopAfter(new ArrayList<>(), report, 1)));
    assertThatThrownBy(() -> interrupted.writeTo(folder.resolve("out"))).hasMessage("killed");

    assertThatThrownBy(() -> merge.weights(0.1, 0.9).writeTo(folder.resolve("out"))).isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("unfinished merge of other models or settings").hasMessageContaining("RESTART");
    Files.write(folder.resolve(".out.unfinished/tensors.bin"), new byte[10]);
    merge.writeTo(folder.resolve("out"));
    Merger.of(a, b).writeTo(folder.resolve("whole"));

    assertThat(Files.mismatch(model("out"), model("whole"))).isEqualTo(-1);
  }

  @Test
  void should_leave_nothing_behind_when_it_fails() {
    Checkpoint sick = new PlainCheckpoint().with("w", 1, Double.NaN);

    assertThatThrownBy(() -> Merger.of(sick).writeTo(folder.resolve("out"))).hasMessageContaining("NaN");

    assertThat(folder.toFile().list()).doesNotContain("out").noneMatch(name -> name.startsWith("."));
  }

  @Test
  void should_refuse_to_replace_a_model_unless_told_to() {
    Merger.of(a).writeTo(folder.resolve("out"));

    assertThatThrownBy(() -> Merger.of(b).writeTo(folder.resolve("out"))).isInstanceOf(UncheckedIOException.class);
    assertThatThrownBy(() -> Merger.of(a, b).writeTo(folder.resolve("a.safetensors"))).isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("is one of the models; write somewhere else");
    assertThatThrownBy(() -> Merger.of(b).writing(how -> how.withResume(Resume.CONTINUE)).writeTo(folder.resolve("out")))
        .isInstanceOf(UncheckedIOException.class);
    assertThat(folder.resolve(".out.unfinished")).doesNotExist();
    Merger.of(b).writing(how -> how.withOverwrite(true)).writeTo(folder.resolve("out"));

    try (Checkpoint out = Checkpoint.open(folder.resolve("out"))) {
      assertThat(out.raw("h.0.w")).isEqualTo(b.raw("h.0.w"));
    }
  }

  @Test
  void should_never_replace_a_model_that_it_reads_however_its_path_is_spelt() throws IOException {
    Path relative = Path.of("").toAbsolutePath().relativize(folder.toAbsolutePath()).resolve("a.safetensors");
    Path link = Files.createSymbolicLink(folder.resolve("link.safetensors"), folder.resolve("a.safetensors"));
    byte[] before = Files.readAllBytes(link);

    for (Path output : List.of(relative, folder.resolve("out/../a.safetensors"), link)) {
      assertThatThrownBy(() -> Merger.of(a, b).writing(how -> how.withOverwrite(true)).writeTo(output)).as("%s", output)
          .isInstanceOf(ModelMismatchException.class).hasMessageContaining("%s is one of the models; write somewhere else", output);
    }

    assertThat(folder.resolve("a.safetensors")).hasBinaryContent(before);
  }

  @Test
  void should_write_shards() {
    Merge merge = Merger.of(a, b).writing(how -> how.withShardBytes(100_000));

    List<Path> files = merge.writeTo(folder.resolve("out")).files();

    assertThat(files).hasSizeGreaterThan(2).last().isEqualTo(folder.resolve("out/model.safetensors.index.json"));
    try (Checkpoint out = Checkpoint.open(folder.resolve("out")); Checkpoint memory = merge.merge()) {
      assertThat(out.raw("h.1.w")).isEqualTo(memory.raw("h.1.w"));
    }
  }

  @Test
  void should_merge_selected_tensors_only_and_copy_the_others_from_the_base() {
    Checkpoint merged = Merger.of(a, b).base(base).method(new TaskArithmetic()).weights(1, 0).only("h.*").except("h.1.*").merge();

    assertThat(merged.raw("h.0.w")).isEqualTo(a.raw("h.0.w"));
    assertThat(merged.raw("h.1.w")).isEqualTo(base.raw("h.1.w"));
    assertThat(merged.raw("embed.weight")).isEqualTo(base.raw("embed.weight"));
  }

  @Test
  void should_vary_alpha_with_depth() {
    PlainCheckpoint zeros = new PlainCheckpoint().with("embed.weight", 0).with("h.0.w", 0).with("h.1.w", 0).with("h.2.w", 0).with("norm",
        0);
    PlainCheckpoint ones = new PlainCheckpoint().with("embed.weight", 1).with("h.0.w", 1).with("h.1.w", 1).with("h.2.w", 1).with("norm", 1);

    Checkpoint merged = Merger.of(zeros, ones).alpha(Schedule.byDepth(depth -> 0.25 + depth / 2)).merge();

    assertThat(merged.names().stream().mapToDouble(name -> PlainCheckpoint.doubles(merged, name)[0])).containsExactly(0.25, 0.25, 0.5,
        0.75, 0.75);
    assertThat(Schedule.gradient(0, 1, 0).at("h.1.w", 3)).isEqualTo(1);
  }

  @Test
  void should_read_the_tied_tensor_of_a_model_that_lacks_its_twin() {
    PlainCheckpoint tied = new PlainCheckpoint().with("wte", 1, 2);
    PlainCheckpoint untied = new PlainCheckpoint().with("wte", 3, 4).with("head", 5, 6);

    Checkpoint merged = Merger.of(tied, untied).tie("head", "wte").merge();

    assertThat(PlainCheckpoint.doubles(merged, "head")).containsExactly(3, 4);
    assertThat(Merger.of(tied, tied).tie("head", "wte").merge().names()).containsExactly("wte");
  }

  @Test
  void should_keep_tied_tensors_equal_under_random_masks() {
    Checkpoint ancestor = new PlainCheckpoint().with("wte", new double[100]).with("head", new double[100]);
    double[] ones = new double[100];
    Arrays.fill(ones, 1);
    Checkpoint model = new PlainCheckpoint().with("wte", ones).with("head", ones);

    Checkpoint merged = Merger.of(model).base(ancestor).method(Dare.density(0.5)).tie("head", "wte").merge();

    assertThat(merged.raw("head")).isEqualTo(merged.raw("wte"));
    assertThat(Merger.of(model).base(ancestor).method(Dare.density(0.5)).merge()).satisfies(other ->
        assertThat(other.raw("head")).isNotEqualTo(other.raw("wte")));
  }

  @Test
  void should_plan_without_reading() {
    MergePlan plan = Merger.of(a, b).type(ElementType.BF16).plan();

    assertThat(plan.problems()).isEmpty();
    assertThat(plan.outputBytes()).isEqualTo(2 * (50 * 40 + 2 * 200 * 300 + 30) + 8);
    assertThat(plan.memoryBytes()).isPositive();
    assertThatThrownBy(() -> Merger.of(a, b).threads(0)).hasMessageContaining("0 threads");
    assertThatThrownBy(() -> Merger.of(new Checkpoint[0])).hasMessageContaining("at least one model");
  }

  private static void stopAfter(List<String> computed, TensorReport report, int tensors) {
    computed.add(report.name());
    if (computed.size() == tensors) {
      throw new IllegalStateException("killed");
    }
  }

  private Path model(String name) {
    return folder.resolve(name).resolve("model.safetensors");
  }

  private Checkpoint written(String name, long seed) {
    Random random = new Random(seed);
    Path file = folder.resolve(name + ".safetensors");
    new PlainCheckpoint().with("embed.weight", ElementType.F32, List.of(50L, 40L), random.doubles(50 * 40, -1, 1).toArray())
        .with("h.0.w", ElementType.F32, List.of(200L, 300L), random.doubles(200 * 300, -1, 1).toArray())
        .with("h.1.w", ElementType.F32, List.of(200L, 300L), random.doubles(200 * 300, -1, 1).toArray())
        .with("norm.weight", ElementType.F32, List.of(30L), random.doubles(30, -1, 1).toArray())
        .with("steps", ElementType.I64, List.of(), seed).write(file);
    return Checkpoint.open(file);
  }
}
