package io.modelweave.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelweave.core.Checkpoint;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class MainTest {

  @TempDir Path folder;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void should_list_a_checkpoint() {
    assertThat(run("inspect", checkpoint().toString())).isZero();

    assertThat(out.toString(UTF_8)).isEqualTo("""
        name                dtype  shape   parameters  bytes
        ------------------  -----  ------  ----------  -----
        embed.weight        F32    [3, 4]          12     48
        head.bias           F64    [2]              2     16
        total of 2 tensors                         14     64
        metadata format: pt
        """);
    assertThat(err.toString(UTF_8)).isEmpty();
  }

  @Test
  void should_list_a_checkpoint_as_json_alone_on_standard_output() throws IOException {
    assertThat(run("inspect", checkpoint().toString(), "--json")).isZero();

    JsonNode json = new ObjectMapper().readTree(out.toByteArray());
    assertThat(json.path("totals").toString()).isEqualTo("{\"tensors\":2,\"parameters\":14,\"bytes\":64}");
    assertThat(json.path("tensors").path(0).toString()).isEqualTo("{\"name\":\"embed.weight\",\"dtype\":\"F32\",\"shape\":[3,4],\"parameters\":12,\"bytes\":48}");
    assertThat(json.path("metadata").path("format").asText()).isEqualTo("pt");
  }

  @Test
  void should_exit_2_with_one_line_when_a_file_is_missing_or_wrong() throws IOException {
    Path broken = Files.writeString(folder.resolve("broken.safetensors"), "not safetensors");

    assertRefused("gone.safetensors", "inspect", folder.resolve("gone.safetensors").toString());
    assertRefused("broken.safetensors", "inspect", broken.toString());
  }

  @Test
  void should_exit_2_with_one_line_when_the_request_is_wrong() {
    assertRefused("inspect --help", "inspect");
    assertRefused("--nope", "inspect", "x", "--nope");
    assertRefused("fly", "fly");
    assertRefused("say which command: ");
  }

  @Test
  void should_show_the_trace_on_request() {
    assertThat(run("inspect", folder.resolve("gone").toString(), "--trace")).isEqualTo(2);

    assertThat(err.toString(UTF_8)).contains("\tat io.modelweave");
  }

  @Test
  void should_exit_0_after_help() {
    assertThat(run("--help")).isZero();

    assertThat(out.toString(UTF_8)).contains("inspect").contains("--trace");
  }

  @Test
  void should_tell_wrong_input_from_other_failures() {
    assertThat(Failure.of(new IllegalArgumentException("bad\n  thing"))).isEqualTo(new Failure(2, "bad thing"));
    assertThat(Failure.of(new IllegalStateException("too early")).exitCode()).isEqualTo(1);
    assertThat(Failure.of(new UncheckedIOException(new AccessDeniedException("f")))).isEqualTo(new Failure(2, "not allowed to read or write: f"));
    assertThat(Failure.of(new ArithmeticException("overflow")).exitCode()).isEqualTo(1);
    assertThat(Failure.of(new OutOfMemoryError("heap")).sentence()).contains("java.lang.OutOfMemoryError: heap").contains("--trace");
    assertThat(Failure.of(new IllegalStateException()).exitCode()).isEqualTo(1);
  }

  @Test
  void should_drop_the_lines_that_gradients_print() {
    try (PrintStream filtered = new PrintStream(new LineFilter(new PrintStream(err, true, UTF_8)), true, UTF_8)) {
      filtered.println("Added differentiated op matmul");
      filtered.println("Åse");
      filtered.print("no end");
    }

    assertThat(err.toString(UTF_8)).isEqualTo("Åse%nno end%n".formatted());
  }

  @Test
  void should_tell_progress_in_few_lines() {
    try (Progress progress = new Progress("train", 400, new PrintStream(err, true, UTF_8), "lines")) {
      for (int i = 0; i < 400; i++) {
        progress.step("loss " + i);
      }
    }

    assertThat(err.toString(UTF_8)).matches("train 400/400 loss 399 \\(\\d+\\.\\d s\\)\\R");
  }

  @Test
  void should_draw_a_progress_bar() {
    try (Progress progress = new Progress("train", 3, new PrintStream(err, true, UTF_8), "bar")) {
      progress.step("loss 1.5");
      progress.step();
      progress.step();
    }

    assertThat(err.toString(UTF_8)).contains("train").contains("3/3").contains("loss 1.5");
  }

  private void assertRefused(String message, String... args) {
    out.reset();
    err.reset();

    assertThat(run(args)).isEqualTo(2);

    assertThat(out.toString(UTF_8)).isEmpty();
    assertThat(err.toString(UTF_8)).hasLineCount(1).contains(message).doesNotContain("Exception");
  }

  private int run(String... args) {
    return Main.run(new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8), args);
  }

  private Path checkpoint() {
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    tensors.put("embed.weight", Nd4j.zeros(DataType.FLOAT, 3, 4));
    tensors.put("head.bias", Nd4j.zeros(DataType.DOUBLE, 2));
    Path file = folder.resolve("model.safetensors");
    try (Checkpoint checkpoint = Checkpoint.of(tensors, Map.of("format", "pt"))) {
      checkpoint.write(file);
    }
    return file;
  }
}
