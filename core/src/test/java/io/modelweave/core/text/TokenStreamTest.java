package io.modelweave.core.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenStreamTest {

  private static final int END = 256;

  @TempDir Path folder;

  @Test
  void should_end_each_document() {
    TokenStream stream = TokenStream.from(List.of("ab", "", "c"), new ByteTokenizer());

    assertThat(stream.toArray()).containsExactly('a', 'b', END, END, 'c', END);
    assertThat(stream.documents()).isEqualTo(3);
    assertThat(stream.slice(1, 3)).containsExactly('b', END);
  }

  @Test
  void should_read_ids_as_documents() throws IOException {
    Path file = Files.writeString(folder.resolve("ids.json"), "{\"input_ids\": [[1, 2], [], [3, 256], [4]]}");

    assertThat(TokenStream.readIds(file, END).toArray()).containsExactly(1, 2, END, 3, END, 4, END);
  }

  @Test
  void should_name_the_file_and_the_place_of_what_is_no_id() throws IOException {
    Path word = Files.writeString(folder.resolve("word.json"), "{\"input_ids\": [[1, \"two\"]]}");
    Path negative = Files.writeString(folder.resolve("negative.json"), "{\"input_ids\": [[1, -2]]}");
    Path empty = Files.writeString(folder.resolve("empty.json"), "{\"input_ids\": [[]]}");

    assertThatIllegalArgumentException().isThrownBy(() -> TokenStream.readIds(word, END))
        .withMessageContaining("word.json: input_ids: row 0 has \"two\" at position 1");
    assertThatIllegalArgumentException().isThrownBy(() -> TokenStream.readIds(negative, END))
        .withMessageContaining("negative.json").withMessageContaining("-2");
    assertThatIllegalArgumentException().isThrownBy(() -> TokenStream.readIds(empty, END))
        .withMessageContaining("empty.json").withMessageContaining("no tokens");
  }

  @Test
  void should_split_by_documents_and_keep_their_order() {
    List<String> documents = IntStream.range(0, 40).mapToObj(i -> "document " + i).toList();
    ByteTokenizer tokenizer = new ByteTokenizer();
    TokenSplit split = TokenStream.from(documents, tokenizer).split(0.25, 7);

    assertThat(split.validation().documents()).isEqualTo(10);
    assertThat(split.train().documents()).isEqualTo(30);
    List<String> held = documents.stream().filter(d -> (tokenizer.decode(split.validation().toArray()) + "document").contains(d + "document")).toList();
    List<String> kept = documents.stream().filter(d -> !held.contains(d)).toList();
    assertThat(TokenStream.from(held, tokenizer)).isEqualTo(split.validation());
    assertThat(TokenStream.from(kept, tokenizer)).isEqualTo(split.train());
  }

  @Test
  void should_depend_on_the_seed_only() {
    TokenStream stream = TokenStream.from(IntStream.range(0, 30).mapToObj(Integer::toString).toList(), new ByteTokenizer());

    assertThat(stream.split(0.3, 1)).isEqualTo(stream.split(0.3, 1)).isNotEqualTo(stream.split(0.3, 2));
  }

  @Test
  void should_hold_out_the_end_of_a_single_document() {
    TokenSplit split = TokenStream.from(List.of("abcdefghi"), new ByteTokenizer()).split(0.2, 1);

    assertThat(split.train().toArray()).containsExactly('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
    assertThat(split.validation().toArray()).containsExactly('i', END);
  }

  @Test
  void should_leave_something_in_both_parts() {
    TokenStream stream = TokenStream.from(List.of("a", "b", "c"), new ByteTokenizer());

    assertThat(stream.split(0.001, 1).validation().documents()).isEqualTo(1);
    assertThat(stream.split(0.999, 1).train().documents()).isEqualTo(1);
    assertThatIllegalArgumentException().isThrownBy(() -> stream.split(1, 1)).withMessageContaining("share is 1.0");
    assertThatIllegalArgumentException().isThrownBy(() -> stream.split(Double.NaN, 1));
  }

  @Test
  void should_read_fields_of_json_lines() throws IOException {
    Path file = Files.writeString(folder.resolve("d.jsonl"), "{\"q\": \"one?\", \"a\": 1}\n\n{\"a\": 2.5, \"q\": \"two?\"}\n");

    assertThat(Documents.read(file, List.of("q", "a"))).containsExactly("one? 1", "two? 2.5");
  }

  @Test
  void should_name_file_line_and_fields_when_one_is_missing() throws IOException {
    Path file = Files.writeString(folder.resolve("d.jsonl"), "{\"q\": \"one?\", \"a\": null}\n{\"a\": 2}\n");

    assertThatIllegalArgumentException().isThrownBy(() -> Documents.read(file, List.of("q")))
        .withMessageContaining("d.jsonl line 2 has no field \"q\"; there are [a]");
    assertThatIllegalArgumentException().isThrownBy(() -> Documents.read(file, List.of("a"))).withMessageContaining("line 1: field \"a\" is null");
    assertThatIllegalArgumentException().isThrownBy(() -> Documents.read(file, List.of())).withMessageContaining("name the fields");
  }

  @Test
  void should_read_a_text_file_as_one_document() throws IOException {
    Path file = Files.writeString(folder.resolve("t.txt"), "one\n\ntwo\n");
    Path latin = Files.write(folder.resolve("latin.txt"), new byte[] {'a', (byte) 0xE9, 'b'});

    assertThat(Documents.read(file, List.of())).containsExactly("one\n\ntwo\n");
    assertThatIllegalArgumentException().isThrownBy(() -> Documents.read(file, List.of("q"))).withMessageContaining("only .jsonl");
    assertThatIllegalArgumentException().isThrownBy(() -> Documents.readText(latin)).withMessageContaining("latin.txt is not UTF-8");
  }
}
