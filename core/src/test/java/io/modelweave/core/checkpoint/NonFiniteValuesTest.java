package io.modelweave.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.Checkpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class NonFiniteValuesTest {

  @TempDir Path folder;

  @Test
  void should_say_how_many_and_where() {
    INDArray weights = Nd4j.ones(DataType.FLOAT, 2, 3, 4);
    weights.putScalar(new long[] {1, 0, 2}, Float.NaN);
    weights.putScalar(new long[] {1, 1, 0}, Float.NEGATIVE_INFINITY);
    weights.putScalar(new long[] {1, 2, 3}, Float.POSITIVE_INFINITY);
    Map<String, INDArray> arrays = new LinkedHashMap<>();
    arrays.put("fine", Nd4j.createFromArray(Double.MAX_VALUE, -Double.MIN_VALUE, -0.0));
    arrays.put("w", weights);
    arrays.put("tied", weights);
    arrays.put("scalar", Nd4j.scalar(Double.NaN));
    arrays.put("integers", Nd4j.createFromArray(-1, Integer.MAX_VALUE));

    try (Checkpoint checkpoint = Checkpoint.of(arrays)) {
      List<NonFiniteValues> found = NonFiniteValues.find(checkpoint);

      assertThat(found).extracting(NonFiniteValues::describe).containsExactly(
          "\"w\" (F32 [2, 3, 4]): 1 NaN, 2 infinite, the first at [1, 0, 2]", "\"scalar\" (F64 []): 1 NaN, 0 infinite, the first at []");
      assertThat(found.get(0).first()).isEqualTo(14);
      assertThat(NonFiniteValues.find(checkpoint, "w")).contains(found.get(0));
      assertThat(NonFiniteValues.find(checkpoint, "fine")).isEmpty();
      assertThatThrownBy(() -> NonFiniteValues.find(checkpoint, "v")).isInstanceOf(MissingTensorException.class);
    }
  }

  /** Every bit pattern of the 16-bit types against their meaning as a float. */
  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void should_know_every_value_of_the_half_types(ElementType type) throws IOException {
    ByteBuffer all = ByteBuffer.allocate(1 << 17).order(ByteOrder.LITTLE_ENDIAN);
    for (int bits = 0; bits < 1 << 16; bits++) {
      all.putShort((short) bits);
    }
    // One exponent of 2 signs; one fraction of it is the infinity.
    int fractions = type == ElementType.F16 ? 1 << 10 : 1 << 7;

    assertThat(find(type, all.array()))
        .isEqualTo(new NonFiniteValues(info(type, 1 << 16), 2L * (fractions - 1), 2, type == ElementType.F16 ? 0x7c00 : 0x7f80));
  }

  @ParameterizedTest
  @CsvSource({"F8_E4M3, 2, 0, 127", "F8_E5M2, 6, 2, 124", "F8_E4M3FNUZ, 1, 0, 128", "F8_E5M2FNUZ, 1, 0, 128", "F8_E8M0, 1, 0, 255"})
  void should_know_every_value_of_the_byte_types(ElementType type, long nans, long infinities, long first) throws IOException {
    byte[] all = new byte[256];
    for (int bits = 0; bits < 256; bits++) {
      all[bits] = (byte) bits;
    }

    assertThat(find(type, all)).isEqualTo(new NonFiniteValues(info(type, 256), nans, infinities, first));
  }

  @ParameterizedTest
  @EnumSource(names = {"F4", "F6_E2M3", "F6_E3M2", "U8", "I64", "BOOL"})
  void should_find_nothing_in_types_that_are_always_finite(ElementType type) throws IOException {
    byte[] ones = new byte[48];
    java.util.Arrays.fill(ones, (byte) -1);

    try (Checkpoint checkpoint = open(type, ones)) {
      assertThat(NonFiniteValues.find(checkpoint)).isEmpty();
    }
  }

  @Test
  void should_look_at_both_parts_of_complex_numbers_and_beyond_the_buffer() throws IOException {
    byte[] complex = new byte[3 << 20];
    ByteBuffer.wrap(complex).order(ByteOrder.LITTLE_ENDIAN).putFloat((2 << 20) + 12, Float.NaN)
        .putFloat((3 << 20) - 4, Float.NEGATIVE_INFINITY);

    assertThat(find(ElementType.C64, complex))
        .isEqualTo(new NonFiniteValues(info(ElementType.C64, complex.length / 8), 1, 1, (2 << 20) / 8 + 1));
  }

  private NonFiniteValues find(ElementType type, byte[] data) throws IOException {
    try (Checkpoint checkpoint = open(type, data)) {
      return NonFiniteValues.find(checkpoint, "w").orElseThrow();
    }
  }

  private Checkpoint open(ElementType type, byte[] data) throws IOException {
    return Checkpoint.open(SafetensorsBytes.write(folder.resolve("a.safetensors"),
        "{\"w\":{\"dtype\":\"%s\",\"shape\":[%d],\"data_offsets\":[0,%d]}}".formatted(type, data.length * 8L / type.bits(), data.length), data));
  }

  private static TensorInfo info(ElementType type, long length) {
    return new TensorInfo("w", type, List.of(length));
  }
}
