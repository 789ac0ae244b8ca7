package io.modelweave.core.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizersTest {

  /** The letters of "low lower" and a space (byte-level BPE writes a space as U+0120). */
  private static final String ENCODER =
      "{\"l\":0,\"o\":1,\"w\":2,\"e\":3,\"r\":4,\"\\u0120\":5,\"lo\":6,\"low\":7,\"\\u0120low\":8,\"er\":9,\"<|endoftext|>\":10,"
          + "\"<\":11,\"|\":12,\">\":13,\"n\":14,\"d\":15,\"f\":16,\"t\":17,\"x\":18}";
  private static final String MERGES = "#version: 0.2\nl o\nlo w\n\u0120 low\ne r\n";

  @TempDir Path folder;

  @Test
  void should_encode_bytes_and_end_at_256() {
    Tokenizer tokenizer = new ByteTokenizer();

    assertThat(tokenizer.encode("aé")).containsExactly('a', 0xC3, 0xA9);
    assertThat(tokenizer.decode(new int[] {'a', 0xC3, 0xA9, 256})).isEqualTo("aé");
    assertThat(tokenizer.vocabularySize()).isEqualTo(257);
    assertThat(tokenizer.endToken()).isEqualTo(256);
    assertThatIllegalArgumentException().isThrownBy(() -> tokenizer.decode(new int[] {1, 257})).withMessageContaining("id 257 at position 1");
  }

  @Test
  void should_merge_pairs_as_gpt2_does() throws IOException {
    writeGpt2("encoder.json", "vocab.bpe");

    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.open(folder)) {
      assertThat(tokenizer.encode("low lower")).containsExactly(7, 8, 9);
      assertThat(tokenizer.encode("")).isEmpty();
      assertThat(tokenizer.decode(new int[] {7, 8, 9, 10})).isEqualTo("low lower<|endoftext|>");
      assertThat(tokenizer.vocabularySize()).isEqualTo(19);
      assertThat(tokenizer.endToken()).isEqualTo(10);
    }
  }

  @Test
  void should_read_the_end_token_in_a_text_as_text() throws IOException {
    writeGpt2("vocab.json", "merges.txt");

    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.open(folder)) {
      assertThat(tokenizer.encode("<|endoftext|>")).doesNotContain(10).hasSize(13);
    }
  }

  @Test
  void should_read_a_tokenizer_json_with_its_declared_end_token() throws IOException {
    Path json = Files.writeString(folder.resolve("tokenizer.json"),
        "{\"version\":\"1.0\",\"added_tokens\":[{\"id\":2,\"content\":\"<stop>\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,"
            + "\"normalized\":false,\"special\":true}],\"pre_tokenizer\":{\"type\":\"Whitespace\"},"
            + "\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"red\":0,\"fox\":1},\"unk_token\":\"fox\"}}");
    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"eos_token\": {\"content\": \"<stop>\"}}");

    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.open(json)) {
      assertThat(tokenizer.encode("fox red")).containsExactly(1, 0);
      assertThat(tokenizer.endToken()).isEqualTo(2);
      assertThat(tokenizer.vocabularySize()).isEqualTo(3);
    }
    assertThatIllegalArgumentException().isThrownBy(() -> PretrainedTokenizer.open(json, "<none>")).withMessageContaining("no token \"<none>\"");
  }

  @Test
  void should_not_truncate() throws IOException {
    writeGpt2("encoder.json", "vocab.bpe");

    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.open(folder)) {
      assertThat(tokenizer.encode("low" + " low".repeat(2999))).hasSize(3000);
    }
  }

  @Test
  void should_name_the_file_that_is_missing_or_wrong() throws IOException {
    assertThatThrownBy(() -> PretrainedTokenizer.open(folder)).isInstanceOf(UncheckedIOException.class).hasMessageContaining("neither tokenizer.json");
    assertThatThrownBy(() -> PretrainedTokenizer.open(folder.resolve("absent.json"))).isInstanceOf(UncheckedIOException.class).hasMessageContaining("absent.json");

    Path broken = Files.writeString(folder.resolve("broken.json"), "{\"model\": {}}");
    assertThatIllegalArgumentException().isThrownBy(() -> PretrainedTokenizer.open(broken)).withMessageContaining("broken.json").withMessageContaining("model.vocab");

    Path encoder = Files.writeString(folder.resolve("e.json"), ENCODER);
    Path merges = Files.writeString(folder.resolve("m.bpe"), "#version: 0.2\nl o\no r\n");
    assertThatIllegalArgumentException().isThrownBy(() -> PretrainedTokenizer.gpt2(encoder, merges)).withMessageContaining("m.bpe line 3").withMessageContaining("o r");
  }

  private void writeGpt2(String encoder, String merges) throws IOException {
    Files.writeString(folder.resolve(encoder), ENCODER);
    Files.writeString(folder.resolve(merges), MERGES);
  }
}
