package io.modelweave.core;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.testing.GoldenModels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class ActivationFileTest {

  @TempDir Path folder;

  @Test
  void should_spill_to_a_file_what_recording_holds_in_memory() throws Exception {
    ActivationRecorder<io.modelweave.core.text.TokenBatch> recorder = ActivationRecorder.of(GoldenModels.load("gpt2-base"))
        .layers("block.*.output", "logits").pooling(Pooling.ALL_TOKENS);
    var batches = List.of(GoldenModels.batch(), GoldenModels.batch(), GoldenModels.batch());
    Path file = folder.resolve("a.safetensors");

    try (Activations held = recorder.record(batches); Activations spilled = recorder.recordTo(batches, file)) {
      assertThat(spilled.layers()).isEqualTo(held.layers()).hasSize(5);
      assertThat(spilled.sampleIds()).isEqualTo(held.sampleIds()).hasSize(108);
      spilled.requireSameSamples(held);
      held.layers().forEach(layer -> assertThatArray(spilled.get(layer)).isBitEqualTo(held.get(layer)));
      assertThat(spilled.get("logits")).isSameAs(spilled.get("logits"));
    }
    try (var left = Files.list(folder)) {
      assertThat(left).containsExactly(file);
    }
  }

  @Test
  void should_write_and_open_any_activations_bit_for_bit() {
    Map<String, INDArray> layers = new LinkedHashMap<>();
    layers.put("z", Nd4j.rand(DataType.DOUBLE, 3, 4));
    layers.put("a", Nd4j.rand(DataType.FLOAT, 5, 3).transpose());
    layers.put("half", Nd4j.rand(DataType.FLOAT, 3, 2).castTo(DataType.HALF));
    Activations activations = Activations.of(layers, List.of("one", "zwei \"2\"\n", "三"));

    activations.write(folder.resolve("b.safetensors"));

    try (Activations opened = Activations.open(folder.resolve("b.safetensors"))) {
      assertThat(opened.layers()).containsExactly("z", "a", "half");
      assertThat(opened.sampleIds()).containsExactly("one", "zwei \"2\"\n", "三");
      layers.forEach((layer, array) -> assertThatArray(opened.get(layer)).isBitEqualTo(array));
    }
  }

  @Test
  void should_open_the_arrays_of_another_program_and_number_their_samples() {
    Checkpoint.of(Map.of("layer", Nd4j.rand(3, 4))).write(folder.resolve("c.safetensors"));

    try (Activations opened = Activations.open(folder.resolve("c.safetensors"))) {
      assertThat(opened.sampleIds()).containsExactly("0", "1", "2");
    }
  }

  @Test
  void should_name_the_tensors_that_are_no_activations() {
    Path file = folder.resolve("d.safetensors");
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    tensors.put("x", Nd4j.rand(3, 4));
    tensors.put("y", Nd4j.rand(2, 4));
    tensors.put("z", Nd4j.rand(DataType.FLOAT, 3, 2, 2));
    Checkpoint.of(tensors).write(file);

    assertThatThrownBy(() -> Activations.open(file)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("3 samples").hasMessageContaining("d.safetensors").hasMessageContaining("\"y\" is [2, 4]").hasMessageContaining("\"z\" is [3, 2, 2]");
    Checkpoint.of(Map.of("x", Nd4j.rand(3, 4), SampleIds.TENSOR, Nd4j.createFromArray(1, 2, 3).castTo(DataType.UINT8))).write(file, true);
    assertThatThrownBy(() -> Activations.open(file)).hasMessageContaining("is not a JSON array").hasMessageContaining("d.safetensors");
    Checkpoint.of(Map.of()).write(file, true);
    assertThatThrownBy(() -> Activations.open(file)).hasMessageContaining("no layers in").hasMessageContaining("d.safetensors");
  }

  @Test
  void should_refuse_to_read_after_closing() {
    Path file = folder.resolve("e.safetensors");
    Activations.of(Map.of("layer", Nd4j.rand(3, 4))).write(file);
    Activations opened = Activations.open(file);

    opened.close();
    opened.close();

    assertThatThrownBy(() -> opened.get("layer")).isInstanceOf(IllegalStateException.class).hasMessageContaining("closed").hasMessageContaining("\"layer\"");
  }

  @Test
  void should_leave_nothing_behind_when_recording_fails() throws Exception {
    LanguageModel model = GoldenModels.load("gpt2-base");
    Path file = folder.resolve("f.safetensors");
    var tooLong = new io.modelweave.core.text.TokenBatch(new int[1][21]);

    assertThatThrownBy(() -> ActivationRecorder.of(model).layers("*.mlp").recordTo(List.of(GoldenModels.batch(), tooLong), file))
        .hasMessageContaining("21 positions");

    try (var left = Files.list(folder)) {
      assertThat(left).isEmpty();
    }
    assertThatThrownBy(() -> ActivationRecorder.of(model).layers("*.mlp").recordTo(List.of(GoldenModels.batch()), folder.resolve("no/such/g.safetensors")))
        .isInstanceOf(java.io.UncheckedIOException.class).hasMessageContaining("its folder must exist");
  }
}
