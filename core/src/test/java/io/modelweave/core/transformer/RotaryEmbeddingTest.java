package io.modelweave.core.transformer;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class RotaryEmbeddingTest {

  private static final double CLOSE = 1e-12;
  private static final double FLOAT = 1e-6;
  private static final int WIDTH = 8;

  @Test
  void should_turn_pair_i_by_position_times_theta_to_the_minus_2i_over_r() {
    RotaryEmbedding whole = RotaryEmbedding.of(10000);
    RotaryEmbedding half = new RotaryEmbedding(100, 0.5, new RotaryScaling.None());

    assertThat(whole.angle(3, 0, WIDTH)).isEqualTo(3);
    assertThat(whole.angle(3, 2, WIDTH)).isCloseTo(0.03, within(CLOSE));
    assertThat(half.rotated(WIDTH)).isEqualTo(4);
    assertThat(half.angle(3, 1, WIDTH)).isCloseTo(0.3, within(CLOSE));
  }

  @Test
  void should_divide_all_frequencies_for_linear_interpolation() {
    assertThat(new RotaryScaling.Linear(4).scaled(0.2)).isCloseTo(0.05, within(CLOSE));
  }

  @Test
  void should_keep_short_wavelengths_and_stretch_long_ones_for_llama3() {
    RotaryScaling scaling = new RotaryScaling.Llama3(8, 1, 4, 8192); // as released

    double turn = 2 * Math.PI / 8192; // one turn in the original context
    assertThat(scaling.scaled(1)).isEqualTo(1);
    assertThat(scaling.scaled(4 * turn)).isCloseTo(4 * turn, within(CLOSE));
    assertThat(scaling.scaled(turn)).isCloseTo(turn / 8, within(CLOSE));
    assertThat(scaling.scaled(turn / 10)).isCloseTo(turn / 80, within(CLOSE));
    assertThat(scaling.scaled(2.5 * turn)).isCloseTo(2.5 * turn * (1 + 1 / 8.0) / 2, within(CLOSE));
  }

  @ParameterizedTest
  @ValueSource(doubles = {1, 0.5})
  void should_rotate_every_head_as_a_loop_does(double fraction) {
    RotaryEmbedding embedding = new RotaryEmbedding(100, fraction, new RotaryScaling.None());
    Nd4j.getRandom().setSeed(1);
    INDArray x = Nd4j.randn(DataType.FLOAT, 2, 3, 5, WIDTH); // [B, h, T, d_h]
    SameDiff sd = SameDiff.create();
    Rotation rotation = new Rotation(sd, embedding, new Attention(2, 5, 3, 3, WIDTH));
    String name = rotation.apply(sd.constant("x", x), 3).name();

    INDArray turned = sd.output(Map.of(), name).get(name);

    INDArray expected = x.castTo(DataType.DOUBLE);
    int half = embedding.rotated(WIDTH) / 2;
    for (long b = 0; b < 2; b++) {
      for (long h = 0; h < 3; h++) {
        for (int t = 0; t < 5; t++) {
          for (int i = 0; i < half; i++) {
            double angle = t * Math.pow(100, -(double) i / half);
            double first = x.getDouble(b, h, t, i);
            double second = x.getDouble(b, h, t, i + half);
            expected.putScalar(new long[] {b, h, t, i}, first * Math.cos(angle) - second * Math.sin(angle));
            expected.putScalar(new long[] {b, h, t, i + half}, second * Math.cos(angle) + first * Math.sin(angle));
          }
        }
      }
    }
    assertThatArray(turned).isCloseTo(expected, FLOAT);
  }

  @Test
  void should_refuse_values_that_turn_nothing() {
    assertThatThrownBy(() -> RotaryEmbedding.of(0)).hasMessageContaining("theta is 0.0");
    assertThatThrownBy(() -> new RotaryEmbedding(10, 1.5, new RotaryScaling.None())).hasMessageContaining("fraction 1.5");
    assertThatThrownBy(() -> new RotaryScaling.Linear(-1)).hasMessageContaining("factor of linear rotary scaling is -1.0");
    assertThatThrownBy(() -> new RotaryScaling.Llama3(8, 4, 4, 10)).hasMessageContaining("8.0, 4.0, 4.0 and 10");
  }
}
