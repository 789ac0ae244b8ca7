package io.modelweave.examples.paper.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.examples.paper.lab.DataFiles.Source;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataFilesTest {

  @TempDir private Path folder;

  @Test
  void should_read_text_and_named_fields_byte_by_byte() throws IOException {
    Source text = source("a.txt", "once upon a time ".repeat(60));
    Source both = source("b.jsonl", "{\"question\": \"one and one?\", \"answer\": \"two\"}\n".repeat(60), "question", "answer");
    Source answer = new Source(both.file(), List.of("answer"));

    PaperData data = new DataFiles(text, both, text, answer, null).read(16, 0, 1);

    assertThat(data.vocabularySize()).isEqualTo(257);
    assertThat(data.maths().train().documents()).isEqualTo(54);
    assertThat(new String(bytes(data.maths().train().slice(0, 16)), StandardCharsets.UTF_8)).isEqualTo("one and one? two");
  }

  @Test
  void should_read_token_ids_for_a_base_that_knows_them() throws IOException {
    Source ids = source("ids.json", "{\"input_ids\": [" + "[1, 2, 3, 4, 5, 6],".repeat(40) + "[6, 5, 4]]}");

    PaperData data = new DataFiles(ids, ids, ids, ids, null).read(4, 10, 1);

    assertThat(data.vocabularySize()).isEqualTo(10);
    assertThat(data.code().train().slice(0, 7)).containsExactly(1, 2, 3, 4, 5, 6, 9); // ended by the vocabulary's last id
    assertThatThrownBy(() -> new DataFiles(ids, ids, ids, ids, null).read(4, 5, 1)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("ids.json has the token 6").hasMessageContaining("below 5");
  }

  @Test
  void should_change_the_digest_with_any_token() throws IOException {
    Source text = source("a.txt", "once upon a time ".repeat(60));
    Source other = source("b.txt", "once upon a time ".repeat(59) + "once upon a tide ");

    String digest = new DataFiles(text, text, text, text, null).read(16, 0, 1).digest();

    assertThat(digest).hasSize(64).isEqualTo(new DataFiles(text, text, text, text, null).read(16, 0, 1).digest());
    assertThat(digest).isNotEqualTo(new DataFiles(text, text, text, other, null).read(16, 0, 1).digest());
  }

  @Test
  void should_name_the_file_that_is_missing_short_or_lacks_a_field() throws IOException {
    Source good = source("good.txt", "once upon a time ".repeat(60));
    Source brief = source("brief.txt", "short");
    Source fields = source("c.jsonl", "{\"a\": \"b\"}\n", "question");
    Source gone = new Source(folder.resolve("gone.txt"), List.of());

    assertThatThrownBy(() -> new DataFiles(good, good, good, brief, null).read(64, 0, 1)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("65");
    assertThatThrownBy(() -> new DataFiles(good, fields, good, good, null).read(64, 0, 1)).hasMessageContaining("c.jsonl")
        .hasMessageContaining("question");
    assertThatThrownBy(() -> new DataFiles(gone, good, good, good, null).read(64, 0, 1)).isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("gone.txt");
  }

  private Source source(String name, String text, String... fields) throws IOException {
    return new Source(Files.writeString(folder.resolve(name), text), List.of(fields));
  }

  private static byte[] bytes(int[] ids) {
    byte[] bytes = new byte[ids.length];
    for (int i = 0; i < ids.length; i++) {
      bytes[i] = (byte) ids[i];
    }
    return bytes;
  }
}
