package io.modelweave.merge;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.merge.engine.NarrowFloat;
import java.nio.ByteBuffer;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class MergerArraysTest {

  @BeforeEach
  void seed() {
    Nd4j.getRandom().setSeed(5);
  }

  @ParameterizedTest
  @EnumSource(value = DataType.class, names = {"DOUBLE", "FLOAT", "HALF", "BFLOAT16"})
  void should_equal_the_formula_in_double_rounded_once(DataType type) {
    INDArray a = Nd4j.randn(DataType.DOUBLE, 150, 301).castTo(type);
    INDArray b = Nd4j.randn(DataType.DOUBLE, 150, 301).castTo(type);

    for (double alpha : new double[] {0.5, 0.3, 1e-9}) {
      INDArray result = Merger.interpolate(a, b, alpha);

      double[] x = doubles(a);
      double[] y = doubles(b);
      double[] actual = doubles(result);
      for (int i = 0; i < x.length; i++) {
        double exact = (1 - alpha) * x[i] + alpha * y[i];
        double expected = switch (type) {
          case FLOAT -> (float) exact;
          case HALF -> NarrowFloat.HALF.toDouble(NarrowFloat.HALF.fromDouble(exact));
          case BFLOAT16 -> NarrowFloat.BFLOAT16.toDouble(NarrowFloat.BFLOAT16.fromDouble(exact));
          default -> exact;
        };
        assertThat(actual[i]).isEqualTo(expected);
      }
      assertThat(result.dataType()).isEqualTo(type);
      assertThat(result.ordering()).isEqualTo('c');
    }
  }

  @ParameterizedTest
  @EnumSource(value = DataType.class, names = {"DOUBLE", "FLOAT", "HALF", "BFLOAT16"})
  void should_be_symmetric_and_give_back_what_both_agree_on(DataType type) {
    INDArray a = Nd4j.randn(DataType.DOUBLE, 40, 30).castTo(type);
    INDArray b = Nd4j.randn(DataType.DOUBLE, 40, 30).castTo(type);
    double oneStep = type == DataType.DOUBLE ? 1e-15 : type == DataType.FLOAT ? 1e-6 : 0.02;

    assertThatArray(Merger.interpolate(a, b, 0.3)).isCloseTo(Merger.interpolate(b, a, 0.7), oneStep);
    assertThatArray(Merger.interpolate(a, a, 0.3)).isBitEqualTo(a);
  }

  @Test
  void should_return_either_end_bit_for_bit() {
    INDArray a = odd(0x7fc00001, 0x80000000, 0xff800000, 0x00000001, 0x7f7fffff);
    INDArray b = odd(0x3f800000, 0xffc12345, 0x00000000, 0x80000001, 0x7f800000);

    assertThat(bits(Merger.interpolate(a, b, 0))).isEqualTo(bits(a));
    assertThat(bits(Merger.interpolate(a, b, 1))).isEqualTo(bits(b));
    assertThat(bits(Merger.interpolate(a, b, -0.0))).isEqualTo(bits(a));
  }

  @Test
  void should_take_views_and_any_order_and_leave_them_alone() {
    INDArray whole = Nd4j.arange(24).castTo(DataType.FLOAT).reshape(4, 6);
    INDArray view = whole.get(NDArrayIndex.interval(1, 4), NDArrayIndex.interval(2, 4));
    INDArray columnMajor = Nd4j.ones(DataType.FLOAT, 3, 2).muli(100).dup('f');
    INDArray wholeBefore = whole.dup();

    INDArray result = Merger.interpolate(view, columnMajor, 0.25);

    assertThat(result.reshape(6).toFloatVector()).containsExactly(31, 31.75f, 35.5f, 36.25f, 40, 40.75f);
    assertThatArray(Merger.interpolate(whole.transpose(), whole.transpose(), 0.5)).isBitEqualTo(whole.transpose().dup('c'));
    assertThatArray(Merger.interpolate(whole.getRow(1), whole.getRow(2), 1)).isBitEqualTo(whole.getRow(2).dup());
    assertThatArray(whole).isBitEqualTo(wholeBefore);
    assertThatArray(columnMajor).isBitEqualTo(Nd4j.ones(DataType.FLOAT, 3, 2).muli(100));
  }

  @Test
  void should_share_no_memory_with_either_input() {
    INDArray a = Nd4j.ones(DataType.FLOAT, 4);
    INDArray b = Nd4j.ones(DataType.FLOAT, 4);

    for (double alpha : new double[] {0, 0.5, 1}) {
      Merger.interpolate(a, b, alpha).assign(9);
    }

    assertThatArray(a).isBitEqualTo(Nd4j.ones(DataType.FLOAT, 4));
    assertThatArray(b).isBitEqualTo(Nd4j.ones(DataType.FLOAT, 4));
  }

  @Test
  void should_take_single_numbers_and_empty_arrays() {
    assertThat(Merger.interpolate(Nd4j.scalar(1.0), Nd4j.scalar(3.0), 0.5).getDouble()).isEqualTo(2);
    assertThat(Merger.interpolate(Nd4j.create(DataType.FLOAT, 0, 2), Nd4j.create(DataType.FLOAT, 0, 2), 0.5).shape()).containsExactly(0, 2);
  }

  @Test
  void should_need_integers_to_be_equal() {
    INDArray a = Nd4j.createFromArray(1, 2, 3);

    assertThat(Merger.interpolate(a, a.dup(), 0.5).toIntVector()).containsExactly(1, 2, 3);
    assertThatThrownBy(() -> Merger.interpolate(a, a.add(1), 0.5)).isInstanceOf(ModelMismatchException.class).hasMessageContaining("I32 [3]");
  }

  @Test
  void should_refuse_arrays_that_differ_in_type_or_shape() {
    INDArray a = Nd4j.ones(DataType.FLOAT, 2, 3);

    assertThatThrownBy(() -> Merger.interpolate(a, Nd4j.ones(DataType.FLOAT, 3, 2), 0)).isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("F32 [2, 3] against F32 [3, 2]");
    assertThatThrownBy(() -> Merger.interpolate(a, Nd4j.ones(DataType.DOUBLE, 2, 3), 0.5)).hasMessageContaining("F32 [2, 3] against F64 [2, 3]");
    assertThatThrownBy(() -> Merger.interpolate(a, Nd4j.ones(DataType.FLOAT, 1, 2, 3), 0.5)).isInstanceOf(ModelMismatchException.class);
  }

  @ParameterizedTest
  @ValueSource(doubles = {2, -0.1, 1.0000001, Double.NaN, Double.POSITIVE_INFINITY})
  void should_refuse_a_weight_outside_the_unit_interval(double alpha) {
    INDArray a = Nd4j.ones(DataType.FLOAT, 2);

    assertThatThrownBy(() -> Merger.interpolate(a, a, alpha)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("alpha is " + alpha).hasMessageContaining("extrapolation");
    assertThatThrownBy(() -> Merger.interpolate(Checkpoint.of(Map.of("a", a)), Checkpoint.of(Map.of("a", a)), alpha))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("extrapolation");
  }

  private static INDArray odd(int... bits) {
    float[] values = new float[bits.length];
    for (int i = 0; i < bits.length; i++) {
      values[i] = Float.intBitsToFloat(bits[i]);
    }
    return Nd4j.createFromArray(values);
  }

  private static ByteBuffer bits(INDArray array) {
    return Checkpoint.of(Map.of("a", array)).raw("a");
  }

  private static double[] doubles(INDArray array) {
    return array.castTo(DataType.DOUBLE).reshape(array.length()).toDoubleVector();
  }
}
