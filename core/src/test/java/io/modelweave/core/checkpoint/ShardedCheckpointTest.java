package io.modelweave.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.factory.Nd4j;

class ShardedCheckpointTest {

  @TempDir Path folder;

  @BeforeEach
  void writeShards() {
    Checkpoint.of(Map.of("a", Nd4j.scalar(1f)), Map.of("format", "pt")).write(folder.resolve("model-00001-of-00002.safetensors"));
    Checkpoint.of(Map.of("b", Nd4j.scalar(2f))).write(folder.resolve("model-00002-of-00002.safetensors"));
  }

  @Test
  void should_join_the_files_of_a_directory() throws IOException {
    index("{\"metadata\":{\"total_size\":8},\"weight_map\":{\"b\":\"model-00002-of-00002.safetensors\",\"a\":\"model-00001-of-00002.safetensors\"}}");

    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      assertThat(checkpoint.names()).containsExactly("b", "a");
      assertThat(checkpoint.contains("a")).isTrue();
      assertThat(checkpoint.tensor("a").getFloat()).isEqualTo(1f);
      assertThat(checkpoint.tensor("b").getFloat()).isEqualTo(2f);
      assertThat(checkpoint.metadata()).containsEntry("format", "pt");
      assertThatThrownBy(() -> checkpoint.tensor("c")).isInstanceOf(MissingTensorException.class);
      checkpoint.write(folder.resolve("model.safetensors"));
    }
    try (Checkpoint joined = Checkpoint.open(folder)) {
      assertThat(joined.source()).endsWith("model.safetensors");
      assertThat(joined.names()).containsExactly("b", "a");
    }
  }

  @Test
  void should_refuse_an_index_that_is_wrong() throws IOException {
    refuses("{\"weight_map\":{\"c\":\"model-00001-of-00002.safetensors\"}}", "1 tensors that are not where it says: \"c\" in model-00001-of-00002.safetensors; download");
    refuses("{\"weight_map\":{\"a\":\"../other.safetensors\"}}", "beside the index");
    refuses("{\"weight_map\":{\"a\":\"sub/other.safetensors\"}}", "\"a\" must be in a .safetensors file beside the index, but is in \"sub/other.safetensors\"");
    refuses("{\"weight_map\":{\"a\":\"C:\\\\other.safetensors\"}}", "beside the index");
    refuses("{\"weight_map\":{\"a\":\"/etc/passwd\"}}", "beside the index");
    refuses("{\"weight_map\":{\"a\":3}}", "beside the index");
    refuses("{\"weight_map\":{\"a\":\"x.safetensors\",\"a\":\"x.safetensors\"}}", "Duplicate field");
    refuses("{\"weight_map\":{}}", "weight_map");
    refuses("[]", "weight_map");
    refuses("{", "not valid JSON");
  }

  @Test
  void should_name_a_file_that_is_missing() throws IOException {
    index("{\"weight_map\":{\"a\":\"gone.safetensors\",\"b\":\"lost.safetensors\"}}");

    assertThatThrownBy(() -> Checkpoint.open(folder)).isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("model.safetensors.index.json: the index names 2 files that are not beside it: gone.safetensors, lost.safetensors");
  }

  private void refuses(String json, String message) throws IOException {
    index(json);
    assertThatThrownBy(() -> Checkpoint.open(folder)).isInstanceOf(CheckpointFormatException.class).hasMessageContaining(message);
  }

  private void index(String json) throws IOException {
    Files.writeString(folder.resolve("model.safetensors.index.json"), json);
  }
}
