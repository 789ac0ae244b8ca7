package io.modelweave.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.ModelMismatchException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class MergerCheckpointsTest {

  @TempDir Path folder;

  @Test
  void should_interpolate_every_tensor_and_keep_the_order_of_the_first() {
    Checkpoint result = Merger.interpolate(parent(1, "w", "v", "u"), parent(3, "u", "v", "w"), 0.25);

    assertThat(result.names()).containsExactly("w", "v", "u");
    assertThat(result.tensor("v").toFloatVector()).containsExactly(1.5f, 1.5f);
  }

  @Test
  void should_return_either_end_bit_for_bit() {
    Map<String, INDArray> numbers = new LinkedHashMap<>();
    Map<String, INDArray> others = new LinkedHashMap<>();
    for (DataType type : new DataType[] {DataType.DOUBLE, DataType.FLOAT, DataType.HALF, DataType.BFLOAT16}) {
      numbers.put(type.name(), Nd4j.createFromArray(Double.NaN, -0.0, 1 / 3.0, Double.NEGATIVE_INFINITY).castTo(type));
      others.put(type.name(), Nd4j.createFromArray(1.0, 0.0, Double.NaN, 1e-7).castTo(type));
    }
    numbers.put("ids", Nd4j.createFromArray(1L, 2L));
    others.put("ids", Nd4j.createFromArray(1L, 2L));
    Checkpoint a = Checkpoint.of(numbers);
    Checkpoint b = Checkpoint.of(others);

    Checkpoint atZero = Merger.interpolate(a, b, 0);
    Checkpoint atOne = Merger.interpolate(a, b, 1);

    for (String name : a.names()) {
      assertThat(atZero.raw(name)).as(name).isEqualTo(a.raw(name));
      assertThat(atOne.raw(name)).as(name).isEqualTo(b.raw(name));
    }
  }

  @Test
  void should_outlive_its_parents_and_say_where_it_comes_from() {
    Checkpoint.of(Map.of("w", Nd4j.createFromArray(1f)), Map.of("format", "pt")).write(folder.resolve("a.safetensors"));
    parent(3, "w").write(folder.resolve("b.safetensors"), true);
    Checkpoint.of(Map.of("w", Nd4j.createFromArray(2f))).write(folder.resolve("b.safetensors"), true);
    Checkpoint result;

    try (Checkpoint a = Checkpoint.open(folder.resolve("a.safetensors")); Checkpoint b = Checkpoint.open(folder.resolve("b.safetensors"))) {
      result = Merger.interpolate(a, b, 0.5);
      Merger.interpolateTo(a, b, 0.5, folder.resolve("c.safetensors"));
      assertThatThrownBy(() -> Merger.interpolateTo(a, b, 0.5, folder.resolve("c.safetensors"))).isInstanceOf(UncheckedIOException.class);
    }

    assertThat(result.tensor("w").getFloat(0)).isEqualTo(1.5f);
    assertThat(result.metadata()).containsEntry("format", "pt").containsEntry("modelweave.method", "interpolate")
        .containsEntry("modelweave.alpha", "0.5").containsEntry("modelweave.parent.a", "a.safetensors")
        .containsEntry("modelweave.parent.b", "b.safetensors").containsKey("modelweave.version");
    try (Checkpoint written = Checkpoint.open(folder.resolve("c.safetensors"))) {
      assertThat(written.raw("w")).isEqualTo(result.raw("w"));
      assertThat(written.metadata()).isEqualTo(result.metadata());
    }
  }

  @Test
  void should_keep_the_ties_that_both_parents_have() {
    INDArray shared = Nd4j.createFromArray(1f);
    Checkpoint a = Checkpoint.of(Map.of("embed", shared, "head", shared));
    Checkpoint b = Checkpoint.of(Map.of("embed", Nd4j.createFromArray(1f), "head", Nd4j.createFromArray(2f)));

    assertThat(Merger.interpolate(a, a, 0.5).tied()).hasSize(1).isEqualTo(a.tied());
    assertThat(Merger.interpolate(a, b, 0.5).tied()).isEmpty();
    assertThat(Merger.interpolate(a, b, 0.5).tensor("head").getFloat(0)).isEqualTo(1.5f);
  }

  @Test
  void should_leave_its_parents_as_they_were_and_share_nothing() {
    Checkpoint a = parent(1, "w");
    Checkpoint b = parent(3, "w");
    Checkpoint result = Merger.interpolate(a, b, 0);

    a.close();

    assertThat(result.tensor("w").toFloatVector()).containsExactly(1, 1);
    assertThat(b.tensor("w").toFloatVector()).containsExactly(3, 3);
  }

  @Test
  void should_write_a_tensor_larger_than_the_buffers_as_it_computes_it_in_memory() {
    Nd4j.getRandom().setSeed(3);
    int length = 9_000_001;
    Checkpoint a = Checkpoint.of(Map.of("w", Nd4j.rand(DataType.FLOAT, length).castTo(DataType.BFLOAT16)));
    Checkpoint b = Checkpoint.of(Map.of("w", Nd4j.rand(DataType.FLOAT, length).castTo(DataType.BFLOAT16)));

    Merger.interpolateTo(a, b, 0.3, folder.resolve("c.safetensors"));

    try (Checkpoint written = Checkpoint.open(folder.resolve("c.safetensors")); Checkpoint result = Merger.interpolate(a, b, 0.3)) {
      assertThat(written.raw("w").mismatch(result.raw("w"))).isEqualTo(-1);
    }
  }

  @Test
  void should_list_every_mismatch_at_once() {
    Map<String, INDArray> left = new LinkedHashMap<>();
    left.put("same", Nd4j.scalar(1f));
    left.put("shape", Nd4j.ones(DataType.FLOAT, 2, 3));
    left.put("type", Nd4j.ones(DataType.FLOAT, 2));
    left.put("left", Nd4j.scalar(1f));
    left.put("ids", Nd4j.createFromArray(1, 2));
    left.put("mask", Nd4j.createFromArray(true, false));
    Map<String, INDArray> right = new LinkedHashMap<>();
    right.put("same", Nd4j.scalar(2f));
    right.put("shape", Nd4j.ones(DataType.FLOAT, 3, 2));
    right.put("type", Nd4j.ones(DataType.DOUBLE, 2));
    right.put("right", Nd4j.scalar(1f));
    right.put("ids", Nd4j.createFromArray(1, 3));
    right.put("mask", Nd4j.createFromArray(true, true));

    ModelMismatchException mismatch = catchThrowableOfType(ModelMismatchException.class,
        () -> Merger.interpolate(Checkpoint.of(left), Checkpoint.of(right), 0.5));

    assertThat(mismatch.problems()).hasSize(6);
    assertThat(mismatch).hasMessageContaining("\"shape\": F32 [2, 3] against F32 [3, 2]").hasMessageContaining("\"type\": F32 [2] against F64 [2]")
        .hasMessageContaining("\"left\": F32 [] only in the first").hasMessageContaining("\"right\": F32 [] only in the second")
        .hasMessageContaining("\"ids\": values of I32 [2] differ").hasMessageContaining("\"mask\": values of BOOL [2] differ");
  }

  private static Checkpoint parent(float value, String... names) {
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    for (String name : names) {
      tensors.put(name, Nd4j.createFromArray(value, value));
    }
    return Checkpoint.of(tensors);
  }
}
