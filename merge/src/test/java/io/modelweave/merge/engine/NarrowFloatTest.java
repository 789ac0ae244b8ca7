package io.modelweave.merge.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NarrowFloatTest {

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void should_return_every_number_of_the_format_unchanged(boolean half) {
    NarrowFloat format = format(half);

    for (int bits = 0; bits <= 0xffff; bits++) {
      double value = format.toDouble((short) bits);
      if (value == value) {
        assertThat(format.fromDouble(value)).isEqualTo((short) bits);
      } else {
        assertThat(format.toDouble(format.fromDouble(value))).isNaN();
      }
    }
  }

  @Test
  void should_read_bfloat16_as_the_upper_half_of_a_float() {
    for (int bits = 0; bits <= 0xffff; bits++) {
      assertThat(Double.valueOf(NarrowFloat.BFLOAT16.toDouble((short) bits))).isEqualTo(Double.valueOf(Float.intBitsToFloat(bits << 16)));
    }
  }

  @Test
  void should_read_known_halves() {
    assertThat(NarrowFloat.HALF.toDouble((short) 0x3c00)).isEqualTo(1);
    assertThat(NarrowFloat.HALF.toDouble((short) 0xc000)).isEqualTo(-2);
    assertThat(NarrowFloat.HALF.toDouble((short) 0x7bff)).isEqualTo(65504);
    assertThat(NarrowFloat.HALF.toDouble((short) 1)).isEqualTo(0x1p-24);
    assertThat(NarrowFloat.HALF.toDouble((short) 0xfc00)).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(NarrowFloat.HALF.toDouble((short) 0x7e00)).isNaN();
  }

  /** Against a search for the nearest number in exact decimal arithmetic. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void should_round_to_the_nearest_and_ties_to_even(boolean half) {
    NarrowFloat format = format(half);
    TreeMap<Double, Integer> numbers = new TreeMap<>();
    int infinity = half ? 0x7c00 : 0x7f80;
    for (int bits = 0; bits < infinity; bits++) {
      numbers.put(format.toDouble((short) bits), bits);
    }
    Random random = new Random(7);

    for (int round = 0; round < 20_000; round++) {
      int bits = random.nextInt(infinity - 1);
      double low = format.toDouble((short) bits);
      double high = format.toDouble((short) (bits + 1));
      double middle = low + (high - low) / 2;
      double value = switch (round % 4) {
        case 0 -> middle;
        case 1 -> Math.nextUp(middle);
        case 2 -> Math.nextDown(middle);
        default -> low + (high - low) * random.nextDouble();
      };
      int expected = nearest(value, low, bits, high);
      assertThat(format.fromDouble(value) & 0xffff).as("%s", value).isEqualTo(expected);
      assertThat(format.fromDouble(-value) & 0xffff).isEqualTo(expected | 0x8000);
    }
    double largest = numbers.lastKey();
    double step = largest - format.toDouble((short) (infinity - 2));
    assertThat(format.fromDouble(Math.nextDown(largest + step / 2))).isEqualTo((short) (infinity - 1));
    assertThat(format.fromDouble(largest + step / 2)).isEqualTo((short) infinity);
    assertThat(format.fromDouble(Double.MAX_VALUE)).isEqualTo((short) infinity);
    assertThat(format.fromDouble(Double.MIN_VALUE)).isZero();
    assertThat(format.fromDouble(-0.0)).isEqualTo((short) 0x8000);
  }

  private static int nearest(double value, double low, int lowBits, double high) {
    BigDecimal toLow = new BigDecimal(value).subtract(new BigDecimal(low));
    BigDecimal toHigh = new BigDecimal(high).subtract(new BigDecimal(value));
    int order = toLow.compareTo(toHigh);
    return order < 0 || order == 0 && lowBits % 2 == 0 ? lowBits : lowBits + 1;
  }

  private static NarrowFloat format(boolean half) {
    return half ? NarrowFloat.HALF : NarrowFloat.BFLOAT16;
  }
}
