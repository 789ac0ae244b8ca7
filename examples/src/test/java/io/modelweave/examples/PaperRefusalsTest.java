package io.modelweave.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelweave.core.testing.GoldenModels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code paper} refuses before any work: one sentence, exit code 2, and files as they were. */
class PaperRefusalsTest {

  @TempDir private Path folder;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private Path good;
  private Path results;

  @BeforeEach
  void writeText() throws IOException {
    good = Files.writeString(folder.resolve("good.txt"), "once upon a time ".repeat(100));
    results = folder.resolve("results");
  }

  @Test
  void should_refuse_data_that_cannot_be_read() throws IOException {
    Path binary = Files.write(folder.resolve("binary.txt"), new byte[] {(byte) 0xC3, (byte) 0x28});

    assertDataRefused(folder.resolve("gone.txt"), "", "no such file: ", "gone.txt");
    assertDataRefused(Files.createDirectory(folder.resolve("texts")), "", "texts is a folder; give a .txt or .jsonl file");
    assertDataRefused(binary, "", "binary.txt is not UTF-8 text");
  }

  @Test
  void should_refuse_data_that_are_empty_or_shorter_than_a_window() throws IOException {
    assertDataRefused(Files.createFile(folder.resolve("empty.txt")), "", "empty.txt is empty");
    assertDataRefused(Files.createFile(folder.resolve("empty.jsonl")), "", "empty.jsonl holds no documents");
    assertDataRefused(Files.writeString(folder.resolve("brief.txt"), "short"), "", "brief.txt has 6 tokens but one window needs 65");
    assertDataRefused(Files.writeString(folder.resolve("scant.txt"), "x".repeat(199)), "",
        "scant.txt: of its 200 tokens, 180 train and 20 validate, but one window needs 65");
  }

  @Test
  void should_refuse_fields_that_a_file_does_not_have() throws IOException {
    Path lines = Files.writeString(folder.resolve("lines.jsonl"), "{\"answer\": \"four\"}\n".repeat(50));

    assertDataRefused(lines, "question", "lines.jsonl line 1 has no field \"question\"; there are [answer]");
    assertDataRefused(lines, "", "lines.jsonl line 1 has no field \"text\"");
    assertDataRefused(good, "question", "good.txt is read as plain text and has no fields [question]");
  }

  @Test
  void should_refuse_a_folder_that_is_not_empty_and_leave_it_alone() throws IOException {
    Files.createDirectory(results);
    Path kept = Files.writeString(results.resolve("report.json"), "precious");

    assertRefused("results is not empty; choose another folder", "--scale", "small", "--out", results.toString());

    assertThat(kept).hasContent("precious");
    try (var files = Files.list(results)) {
      assertThat(files).containsExactly(kept);
    }
  }

  @Test
  void should_refuse_a_folder_that_cannot_be_made_before_the_work() {
    assertRefused("good.txt is a file; --out needs a new or empty folder", "--scale", "small", "--out", good.toString());
    assertRefused("good.txt", "--scale", "small", "--out", good.resolve("below").toString());
  }

  @Test
  void should_refuse_unknown_scales_and_data_options_that_do_not_belong_together() {
    assertRefused("--scale", "--scale", "tiny", "--out", results.toString());
    assertRefused("--code, --target missing", "--pretrain", good.toString(), "--math", good.toString(), "--out", results.toString());
    assertRefused("--tokenizer needs the data options", "--tokenizer", good.toString(), "--out", results.toString());
    assertThat(results).doesNotExist();
  }

  @Test
  void should_refuse_a_base_without_texts_and_the_scale_of_the_paper_without_a_base() {
    assertRefused("--scale gpt2 needs --base", "--scale", "gpt2", "--out", results.toString());
    assertRefused("--base needs texts of your own", "--base", GoldenModels.directory("gpt2-base").toString(), "--out", results.toString());
    assertThat(results).doesNotExist();
  }

  @Test
  void should_refuse_settings_that_cannot_work() {
    assertRefused("0 steps", "--routing-steps", "0", "--out", results.toString());
    assertRefused("--save-every is -1", "--save-every", "-1", "--out", results.toString());
    assertRefused("-3 steps between snapshots", "--snapshot-spacing", "-3", "--out", results.toString());
    assertRefused("batches of 16 windows cannot be computed 5 at a time", "--micro-batch", "5", "--out", results.toString());
    assertRefused("CKA of 3 windows", "--cka-samples", "3", "--out", results.toString());
    assertThat(results).doesNotExist();
  }

  @Test
  void should_not_go_on_where_no_run_is() throws IOException {
    Files.writeString(Files.createDirectory(results).resolve("notes.txt"), "precious");

    assertRefused("is not empty and holds no run that could go on", "--resume", "--out", results.toString());
  }

  /** Gives the file as each of the four corpora, as nobody can know which one a user gets wrong. */
  private void assertDataRefused(Path wrong, String fields, String... messages) {
    for (String corpus : new String[] {"pretrain", "math", "code", "target"}) {
      String[] request = {"--scale", "small", "--out", results.toString(), "--pretrain", good.toString(), "--math", good.toString(),
          "--code", good.toString(), "--target", good.toString()};
      for (int i = 0; i < request.length; i++) {
        if (request[i].equals("--" + corpus)) {
          request[i + 1] = wrong.toString();
        }
      }
      String[] withFields = Arrays.copyOf(request, request.length + 2);
      withFields[request.length] = "--" + corpus + "-fields";
      withFields[request.length + 1] = fields;
      for (String message : messages) {
        assertRefused(message, fields.isEmpty() ? request : withFields);
      }
      assertThat(results).doesNotExist();
    }
  }

  private void assertRefused(String message, String... arguments) {
    out.reset();
    err.reset();
    String[] command = new String[arguments.length + 1];
    command[0] = "paper";
    System.arraycopy(arguments, 0, command, 1, arguments.length);

    assertThat(Main.run(new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8), command)).isEqualTo(2);

    assertThat(out.toString(UTF_8)).isEmpty();
    assertThat(err.toString(UTF_8)).hasLineCount(1).contains(message).doesNotContain("Exception");
  }
}
