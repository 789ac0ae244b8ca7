package io.modelweave.core.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenBatchTest {

  @TempDir Path folder;

  @Test
  void should_copy_in_and_out() {
    int[][] ids = {{1, 2, 3}, {4, 5, 6}};
    TokenBatch batch = new TokenBatch(ids);

    ids[0][0] = 9;
    batch.ids()[1][1] = 9;

    assertThat(batch.ids()).isDeepEqualTo(new int[][] {{1, 2, 3}, {4, 5, 6}});
    assertThat(batch.batch()).isEqualTo(2);
    assertThat(batch.length()).isEqualTo(3);
    assertThat(batch.largestId()).isEqualTo(6);
    assertThat(batch.sampleIds()).containsExactly("0", "1");
    assertThat(batch).isEqualTo(new TokenBatch(new int[][] {{1, 2, 3}, {4, 5, 6}})).isNotEqualTo(new TokenBatch(batch.ids(), List.of("a", "b")));
  }

  @Test
  void should_refuse_what_is_not_a_rectangle_of_ids() {
    assertThatIllegalArgumentException().isThrownBy(() -> new TokenBatch(new int[0][])).withMessageContaining("no rows");
    assertThatIllegalArgumentException().isThrownBy(() -> new TokenBatch(new int[][] {{}})).withMessageContaining("row 0 has no ids");
    assertThatIllegalArgumentException().isThrownBy(() -> new TokenBatch(new int[][] {{1, 2}, {1, 2, 3}})).withMessageContaining("row 1 has 3 ids but row 0 has 2");
    assertThatIllegalArgumentException().isThrownBy(() -> new TokenBatch(new int[][] {{1, -2}})).withMessageContaining("negative id -2 at position 1");
    assertThatIllegalArgumentException().isThrownBy(() -> new TokenBatch(new int[][] {{1, 2}}, List.of())).withMessageContaining("0 sample ids for 1 rows");
  }

  @Test
  void should_read_input_ids() throws IOException {
    Path file = Files.writeString(folder.resolve("ids.json"), "{\"input_ids\": [[1, 2], [3, 4]], \"note\": \"x\"}");

    assertThat(TokenBatch.read(file).ids()).isDeepEqualTo(new int[][] {{1, 2}, {3, 4}});
  }

  @ParameterizedTest
  @CsvSource(delimiter = ';', value = {
      "{\"input_ids\": [[1, 2], [3]]}; row 1 has 1 ids but row 0 has 2",
      "{\"input_ids\": [[1, 2.5]]}; row 0 has 2.5 at position 1",
      "{\"input_ids\": [[1, 9999999999]]}; row 0 has 9999999999 at position 1",
      "{\"input_ids\": [[1, -1]]}; negative id -1",
      "{\"input_ids\": [1, 2]}; row 0 is 1",
      "{\"input_ids\": []}; no rows",
      "{\"ids\": [[1, 2]]}; no array \"input_ids\"",
      "[[1, 2; is not JSON"})
  void should_name_file_and_row_of_a_wrong_file(String json, String message) throws IOException {
    Path file = Files.writeString(folder.resolve("ids.json"), json);

    assertThatIllegalArgumentException().isThrownBy(() -> TokenBatch.read(file)).withMessageContaining("ids.json").withMessageContaining(message);
  }

  @Test
  void should_say_which_file_is_missing() {
    assertThatThrownBy(() -> TokenBatch.read(folder.resolve("gone.json"))).isInstanceOf(UncheckedIOException.class).hasMessageContaining("gone.json");
  }
}
