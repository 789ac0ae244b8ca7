package io.modelweave.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class SafetensorsTest {

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource
  void should_keep_every_bit_of_every_type(ElementType type) throws IOException {
    byte[] data = new byte[4 * 6 * type.bits() / 8];
    new Random(1).nextBytes(data);
    Path file = SafetensorsBytes.write(folder.resolve("a.safetensors"),
        "{\"w\":{\"dtype\":\"%s\",\"shape\":[4,6],\"data_offsets\":[0,%d]}}".formatted(type, data.length), data);

    try (Checkpoint checkpoint = Checkpoint.open(file)) {
      assertThat(checkpoint.info("w")).isEqualTo(new TensorInfo("w", type, List.of(4L, 6L)));
      assertThat(checkpoint.raw("w")).isEqualTo(ByteBuffer.wrap(data));
      checkpoint.write(folder.resolve("b.safetensors"));
      if (type.dataType().isPresent()) {
        INDArray array = checkpoint.tensor("w");
        assertThat(array.dataType()).isEqualTo(type.dataType().get());
        assertThat(array.shape()).containsExactly(4, 6);
        assertThat(array.ordering()).isEqualTo('c');
        assertThat(Checkpoint.of(Map.of("w", array)).raw("w")).isEqualTo(ByteBuffer.wrap(data));
      } else {
        assertThatThrownBy(() -> checkpoint.tensor("w")).isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining(type.name()).hasMessageContaining("raw(\"w\")");
      }
    }
    try (Checkpoint again = Checkpoint.open(folder.resolve("b.safetensors"))) {
      assertThat(again.raw("w")).isEqualTo(ByteBuffer.wrap(data));
    }
  }

  @Test
  void should_give_the_values_that_were_stored() {
    INDArray doubles = Nd4j.createFromArray(new double[][] {{1, 2, 3}, {4, 5, 6}});

    for (DataType type : List.of(DataType.DOUBLE, DataType.FLOAT, DataType.HALF, DataType.BFLOAT16, DataType.INT, DataType.UBYTE)) {
      INDArray back = Checkpoint.of(Map.of("w", doubles.castTo(type))).tensor("w");

      assertThat(back.castTo(DataType.DOUBLE).reshape(6).toDoubleVector()).containsExactly(1, 2, 3, 4, 5, 6);
    }
  }

  @Test
  void should_read_views_and_column_major_arrays_row_by_row() {
    INDArray array = Nd4j.arange(12).castTo(DataType.FLOAT).reshape(3, 4);
    Map<String, INDArray> arrays = new LinkedHashMap<>();
    arrays.put("columnMajor", array.dup('f'));
    arrays.put("transposed", array.transpose());
    arrays.put("inner", array.get(NDArrayIndex.interval(1, 3), NDArrayIndex.interval(1, 3)));
    arrays.put("row", array.getRow(2));
    arrays.put("first", array.get(NDArrayIndex.interval(0, 2), NDArrayIndex.all()));
    arrays.put("last", array.get(NDArrayIndex.interval(1, 3), NDArrayIndex.all()));
    arrays.put("flat", array.reshape(12).get(NDArrayIndex.interval(0, 4)));

    try (Checkpoint checkpoint = Checkpoint.of(arrays)) {
      array.assign(-1);

      assertThat(floats(checkpoint, "columnMajor")).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
      assertThat(floats(checkpoint, "transposed")).containsExactly(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11);
      assertThat(floats(checkpoint, "inner")).containsExactly(5, 6, 9, 10);
      assertThat(floats(checkpoint, "row")).containsExactly(8, 9, 10, 11);
      assertThat(floats(checkpoint, "first")).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
      assertThat(floats(checkpoint, "last")).containsExactly(4, 5, 6, 7, 8, 9, 10, 11);
      assertThat(floats(checkpoint, "flat")).containsExactly(0, 1, 2, 3);
    }
  }

  @Test
  void should_keep_order_metadata_scalars_and_empty_tensors() {
    Map<String, INDArray> arrays = new LinkedHashMap<>();
    arrays.put("z", Nd4j.createFromArray(true, false, true));
    arrays.put("ümlaut \"quoted\"", Nd4j.scalar(3.5));
    arrays.put("none", Nd4j.create(DataType.FLOAT, 0, 3));
    arrays.put("a", Nd4j.createFromArray(1f, 2f));
    Path file = folder.resolve("model.safetensors");

    Checkpoint.of(arrays, Map.of("format", "pt")).write(file);

    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      assertThat(checkpoint.names()).containsExactlyElementsOf(arrays.keySet());
      assertThat(checkpoint.metadata()).containsExactly(Map.entry("format", "pt"));
      assertThat(checkpoint.source()).isEqualTo(file.toString());
      assertThat(checkpoint.tensor("ümlaut \"quoted\"").rank()).isZero();
      assertThat(checkpoint.tensor("ümlaut \"quoted\"").getDouble()).isEqualTo(3.5);
      assertThat(checkpoint.tensor("none").shape()).containsExactly(0, 3);
      assertThat(checkpoint.tensor("z").toString()).isEqualTo(arrays.get("z").toString());
      assertThat(floats(checkpoint, "a")).containsExactly(1, 2);
    }
  }

  @Test
  void should_write_the_same_bytes_for_the_same_tensors() throws IOException {
    Checkpoint checkpoint = Checkpoint.of(Map.of("w", Nd4j.createFromArray(1f, 2f)));

    checkpoint.write(folder.resolve("a.safetensors"));
    checkpoint.write(folder.resolve("b.safetensors"));

    assertThat(folder.resolve("a.safetensors")).hasSameBinaryContentAs(folder.resolve("b.safetensors"));
  }

  @Test
  void should_not_overwrite_unless_told_to_and_leave_nothing_behind() throws IOException {
    Path file = folder.resolve("a.safetensors");
    Checkpoint.of(Map.of("w", Nd4j.scalar(1f))).write(file);
    Checkpoint two = Checkpoint.of(Map.of("w", Nd4j.scalar(2f)));

    assertThatThrownBy(() -> two.write(file)).isInstanceOf(UncheckedIOException.class)
        .hasCauseInstanceOf(FileAlreadyExistsException.class).hasMessageContaining("a.safetensors");
    try (Checkpoint open = Checkpoint.open(file)) {
      assertThat(open.tensor("w").getFloat()).isEqualTo(1f);
      two.write(file, true);
      assertThat(open.tensor("w").getFloat()).as("a file that is open keeps its contents").isEqualTo(1f);
    }
    try (Checkpoint open = Checkpoint.open(file)) {
      assertThat(open.tensor("w").getFloat()).isEqualTo(2f);
    }
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void should_leave_no_file_when_writing_fails() throws IOException {
    Checkpoint closed = Checkpoint.of(Map.of("w", Nd4j.createFromArray(1f, 2f)));
    closed.close();

    assertThatThrownBy(() -> closed.write(folder.resolve("a.safetensors")))
        .isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
    try (var files = Files.list(folder)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void should_hand_out_tensors_that_live_on_and_share_nothing() {
    INDArray original = Nd4j.createFromArray(1f, 2f);
    Checkpoint checkpoint = Checkpoint.of(Map.of("w", original));

    original.assign(7);
    INDArray first = checkpoint.tensor("w");
    first.assign(8);
    INDArray second = checkpoint.tensor("w");
    checkpoint.close();
    checkpoint.close();

    assertThat(second.toFloatVector()).containsExactly(1, 2);
    assertThatThrownBy(() -> checkpoint.tensor("w")).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void should_read_parts_and_refuse_to_read_beyond_the_end() {
    Checkpoint checkpoint = Checkpoint.of(Map.of("w", Nd4j.createFromArray(1f, 2f, 3f)));
    ByteBuffer part = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);

    checkpoint.read("w", 4, part);

    assertThat(part.getFloat(0)).isEqualTo(2f);
    assertThatThrownBy(() -> checkpoint.read("w", 9, ByteBuffer.allocate(4))).isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessageContaining("12 bytes");
  }

  @Test
  void should_read_rows_alone() throws IOException {
    INDArray array = Nd4j.arange(24).castTo(DataType.FLOAT).reshape(4, 3, 2);
    Path file = folder.resolve("a.safetensors");
    Checkpoint.of(Map.of("w", array, "one", Nd4j.scalar(1f), "none", Nd4j.create(DataType.FLOAT, 0, 3))).write(file);

    try (Checkpoint checkpoint = Checkpoint.open(file)) {
      INDArray rows = checkpoint.tensor("w", 1, 3);

      assertThat(rows.shape()).containsExactly(2, 3, 2);
      assertThat(rows.reshape(12).toFloatVector()).containsExactly(6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17);
      assertThat(checkpoint.tensor("w", 4, 4).shape()).containsExactly(0, 3, 2);
      assertThat(checkpoint.tensor("none", 0, 0).shape()).containsExactly(0, 3);
      assertThatThrownBy(() -> checkpoint.tensor("w", 3, 5)).isInstanceOf(IndexOutOfBoundsException.class)
          .hasMessageContaining("rows 3 to 5 of tensor \"w\", which is F32 [4, 3, 2]");
      assertThatThrownBy(() -> checkpoint.tensor("w", 3, 2)).isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> checkpoint.tensor("w", -1, 2)).isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> checkpoint.tensor("one", 0, 1))
          .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("has no rows");
      assertThatThrownBy(() -> checkpoint.tensor("v", 0, 1)).isInstanceOf(MissingTensorException.class);
    }
  }

  @Test
  void should_read_tensors_at_odd_offsets() throws IOException {
    byte[] data = ByteBuffer.allocate(11).order(ByteOrder.LITTLE_ENDIAN).put(new byte[] {1, 2, 3}).putDouble(-0.1).array();
    Path file = SafetensorsBytes.write(folder.resolve("a.safetensors"), "{\"bytes\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
        + "\"double\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[3,11]}} ", data);

    try (Checkpoint checkpoint = Checkpoint.open(file)) {
      assertThat(checkpoint.tensor("double").getDouble()).isEqualTo(-0.1);
      assertThat(checkpoint.tensor("bytes").toIntVector()).containsExactly(1, 2, 3);
    }
  }

  @Test
  void should_move_large_buffers_on_the_heap_whole() {
    byte[] data = new byte[(3 << 20) + 5];
    new Random(2).nextBytes(data);
    TensorInfo info = new TensorInfo("w", ElementType.U8, List.of((long) data.length));
    Path file = folder.resolve("a.safetensors");
    try (CheckpointOutput out = CheckpointWriter.to(file).open(List.of(info))) {
      ByteBuffer bytes = ByteBuffer.wrap(data);
      out.write("w", 0, bytes);
      assertThat(bytes.hasRemaining()).isFalse();
      out.finish();
    }

    try (Checkpoint checkpoint = Checkpoint.open(file)) {
      assertThat(checkpoint.raw("w").array()).isEqualTo(data);
    }
  }

  @Test
  void should_say_that_an_interrupt_closed_the_checkpoint() {
    Path file = folder.resolve("a.safetensors");
    Checkpoint.of(Map.of("w", Nd4j.createFromArray(1f, 2f))).write(file);

    try (Checkpoint checkpoint = Checkpoint.open(file)) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> checkpoint.raw("w"))
          .isInstanceOf(IllegalStateException.class).hasMessageContaining("interrupted").hasMessageContaining("a.safetensors");
      assertThat(Thread.interrupted()).isTrue();
      assertThatThrownBy(() -> checkpoint.raw("w")).isInstanceOf(IllegalStateException.class).hasMessageContaining("is closed");
    }
  }

  @Test
  void should_reach_beyond_two_gibibytes() throws IOException {
    long length = (5L << 30) + 3;
    Path file = SafetensorsBytes.write(folder.resolve("large.safetensors"), ("{\"large\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[0,%d]},"
        + "\"after\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[%d,%d]}}").formatted(length, length, length, length + 2), new byte[0]);
    try (FileChannel sparse = FileChannel.open(file, StandardOpenOption.WRITE)) {
      sparse.write(ByteBuffer.wrap(new byte[] {7, 8, 9}), sparse.size() + length - 1);
    }

    try (Checkpoint checkpoint = Checkpoint.open(file)) {
      ByteBuffer last = ByteBuffer.allocate(2);
      checkpoint.read("large", length - 2, last);

      assertThat(last.array()).containsExactly(0, 7);
      assertThat(checkpoint.tensor("large", length - 3, length).toIntVector()).containsExactly(0, 0, 7);
      assertThat(checkpoint.raw("after")).isEqualTo(ByteBuffer.wrap(new byte[] {8, 9}));
      assertThatThrownBy(() -> checkpoint.raw("large"))
          .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("read it in parts");
    }
  }

  @Test
  void should_reach_beyond_two_gibibytes_of_an_array() {
    long length = (1L << 31) + 100;
    ByteBuffer last = ByteBuffer.allocate(2);

    try (INDArray large = Nd4j.createUninitialized(DataType.UINT8, length)) {
      large.putScalar(length - 2, 7);
      large.putScalar(length - 1, 8);
      TensorBytes.read(large, length - 2, last);
    }

    assertThat(last.array()).containsExactly(7, 8);
  }

  @Test
  void should_name_near_names_for_one_that_is_missing() {
    Map<String, INDArray> arrays = new LinkedHashMap<>();
    List.of("h.0.attn.weight", "h.0.attn.bias", "h.1.attn.weight", "wte", "ln_f").forEach(name -> arrays.put(name, Nd4j.scalar(1f)));
    Checkpoint checkpoint = Checkpoint.of(arrays);

    assertThatThrownBy(() -> checkpoint.tensor("transformer.h.0.attn.weight")).isInstanceOf(MissingTensorException.class)
        .hasMessageContaining("no tensor \"transformer.h.0.attn.weight\" in memory")
        .hasMessageContaining("nearest of its 5 names: \"h.0.attn.weight\"");
    assertThatThrownBy(() -> checkpoint.info("h.0.atn.bias")).hasMessageContaining("names: \"h.0.attn.bias\"");
  }

  @Test
  void should_refuse_arrays_of_strings() {
    assertThatThrownBy(() -> Checkpoint.of(Map.of("words", Nd4j.create("a", "b")))).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"words\" is UTF8");
  }

  private static float[] floats(Checkpoint checkpoint, String name) {
    INDArray tensor = checkpoint.tensor(name);
    return tensor.reshape(tensor.length()).toFloatVector();
  }
}
