package io.modelweave.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class TiedWeightsTest {

  private static final Map<String, String> TIE = Map.of("head", "embed");

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"one.safetensors", "shards"})
  void should_write_a_tied_tensor_once_and_read_it_back_as_tied(String target) throws IOException {
    Path path = folder.resolve(target);
    CheckpointWriter writer = target.equals("shards") ? CheckpointWriter.to(path).shardBytes(1) : CheckpointWriter.to(path);
    try (Checkpoint model = model()) {
      assertThat(model.names()).containsExactly("embed", "head", "norm");
      assertThat(model.tied()).isEqualTo(TIE);

      List<Path> files = writer.write(model);

      assertThat(Files.size(files.get(0))).isLessThan(2 * 4000);
    }
    try (Checkpoint read = Checkpoint.open(path); Checkpoint copy = MemoryCheckpoint.copyOf(read)) {
      for (Checkpoint checkpoint : List.of(read, copy)) {
        assertThat(checkpoint.names()).containsExactly("embed", "norm", "head");
        assertThat(checkpoint.tied()).isEqualTo(TIE);
        assertThat(checkpoint.contains("head")).isTrue();
        assertThat(checkpoint.info("head")).isEqualTo(new TensorInfo("head", ElementType.F32, List.of(100L, 10L)));
        assertThat(checkpoint.raw("head")).isEqualTo(checkpoint.raw("embed"));
        assertThat(checkpoint.tensor("head", 1, 2).toFloatVector()).containsExactly(10, 11, 12, 13, 14, 15, 16, 17, 18, 19);
        assertThat(checkpoint.metadata()).as("ties are no metadata").containsExactly(Map.entry("format", "pt"));
      }
      writer.overwrite(true).write(read);
    }
    try (Checkpoint again = Checkpoint.open(path)) {
      assertThat(again.tied()).isEqualTo(TIE);
      assertThatThrownBy(() -> again.tensor("heads")).isInstanceOf(MissingTensorException.class).hasMessageContaining("\"head\"");
    }
  }

  @Test
  void should_read_ties_as_other_tools_declare_them_and_nothing_else() throws IOException {
    Path file = SafetensorsBytes.write(folder.resolve("a.safetensors"), """
        {"__metadata__":{"head":"embed","format":"pt","pt":"gone","embed":"norm","modelweave.parent.a":"norm"},
        "embed":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"norm":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", new byte[] {1, 2});

    try (Checkpoint checkpoint = Checkpoint.open(file)) {
      assertThat(checkpoint.tied()).isEqualTo(TIE);
      assertThat(checkpoint.metadata()).containsOnlyKeys("format", "pt", "embed", "modelweave.parent.a");
    }
  }

  @Test
  void should_accept_an_index_that_lists_the_alias_too() throws IOException {
    CheckpointWriter.to(folder.resolve("model-00001-of-00001.safetensors")).write(model());
    Files.writeString(folder.resolve("model.safetensors.index.json"), """
        {"weight_map":{"head":"model-00001-of-00001.safetensors","embed":"model-00001-of-00001.safetensors","norm":"model-00001-of-00001.safetensors"}}""");

    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      assertThat(checkpoint.tied()).isEqualTo(TIE);
      assertThat(checkpoint.names()).containsExactly("embed", "norm", "head");
    }
  }

  @Test
  void should_tie_only_what_is_one_array() {
    INDArray array = Nd4j.createFromArray(1f, 2f);
    Map<String, INDArray> arrays = new LinkedHashMap<>();
    arrays.put("a", array);
    arrays.put("equal", array.dup());
    arrays.put("same", array);
    arrays.put("empty", Nd4j.empty(DataType.FLOAT));
    arrays.put("other empty", Nd4j.empty(DataType.FLOAT));

    try (Checkpoint checkpoint = Checkpoint.of(arrays)) {
      assertThat(checkpoint.tied()).containsExactly(Map.entry("same", "a"));
      assertThat(checkpoint.info("empty").shape()).containsExactly(0L);
      assertThat(checkpoint.tensor("empty").isEmpty()).isTrue();
      checkpoint.tensor("same").assign(7);
      assertThat(checkpoint.tensor("a").toFloatVector()).as("what is handed out shares nothing").containsExactly(1, 2);
    }
  }

  private static Checkpoint model() {
    INDArray embedding = Nd4j.arange(1000).castTo(DataType.FLOAT).reshape(100, 10);
    Map<String, INDArray> arrays = new LinkedHashMap<>();
    arrays.put("embed", embedding);
    arrays.put("head", embedding);
    arrays.put("norm", Nd4j.createFromArray(1f));
    return Checkpoint.of(arrays, Map.of("format", "pt"));
  }
}
