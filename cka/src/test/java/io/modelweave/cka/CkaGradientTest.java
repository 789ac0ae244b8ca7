package io.modelweave.cka;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class CkaGradientTest {

  private static final Offset<Double> CLOSE = within(1e-10);

  private final double[][] x = Features.sines(24, 5);
  private final double[][] y = Features.cosinesOn(x, 7);

  /** Against PyTorch's automatic differentiation of the definitions over {@code [n, n]} matrices, in double. */
  @ParameterizedTest
  @MethodSource
  void should_return_what_automatic_differentiation_does(Cka cka, double value, double normX, double x00, double x32, double normY,
      double y56) {
    INDArray left = Features.array(x);
    INDArray right = Features.array(y);

    try (CkaGradient gradient = cka.gradient(left, right)) {
      assertThat(gradient.value()).isCloseTo(value, CLOSE);
      assertThat(gradient.x().norm2Number().doubleValue()).isCloseTo(normX, CLOSE);
      assertThat(gradient.x().getDouble(0, 0)).isCloseTo(x00, CLOSE);
      assertThat(gradient.x().getDouble(3, 2)).isCloseTo(x32, CLOSE);
      assertThat(gradient.y().norm2Number().doubleValue()).isCloseTo(normY, CLOSE);
      assertThat(gradient.y().getDouble(5, 6)).isCloseTo(y56, CLOSE);
    }
    assertThatArray(left).isBitEqualTo(Features.array(x));
    assertThatArray(right).isBitEqualTo(Features.array(y));
  }

  static Stream<Arguments> should_return_what_automatic_differentiation_does() {
    Cka narrow = Cka.rbf(Bandwidth.fixed(1.5));
    Cka wide = Cka.rbf(Bandwidth.fixed(40));
    return Stream.of(
        Arguments.of(Cka.linear().estimator(HsicEstimator.BIASED), 0.539815369171241, 0.128089945060524, 0.00220422934354526,
            -0.014366739060679, 0.112609217750441, 0.00401482430711635),
        Arguments.of(Cka.linear(), 0.467309723986874, 0.14751150334997, 0.00109236607263761, -0.0159096244341033, 0.128415944703816,
            0.00561429608384949),
        Arguments.of(narrow.estimator(HsicEstimator.BIASED), 0.575566419797089, 0.0854538521750755, -0.00166891592034377,
            -0.00552991288327147, 0.100656720672304, 0.00583886760868868),
        Arguments.of(narrow, 0.329821842142153, 0.140808756711592, -0.00541981232955179, -0.00656333973465055, 0.154195525065009,
            0.00711707699804056),
        Arguments.of(wide.estimator(HsicEstimator.BIASED), 0.539883962712959, 0.128025324193514, 0.00219727813992954,
            -0.0143582316699208, 0.112546117295991, 0.00402728718465077),
        Arguments.of(wide, 0.467199606857218, 0.147501559414955, 0.00108255491721344, -0.015903536094461, 0.128409044169412,
            0.00562834762449218));
  }

  @Test
  void should_predict_a_small_step() {
    Cka cka = Cka.rbf(Bandwidth.fixed(2));
    double step = 1e-4;
    try (CkaGradient gradient = cka.gradient(Features.array(x), Features.array(y));
        INDArray direction = Features.array(Features.gaussian(3, 24, 5)); INDArray slope = direction.mul(gradient.x())) {
      double up = cka.compare(Features.array(x).add(direction.mul(step)), Features.array(y)).value();
      double down = cka.compare(Features.array(x).sub(direction.mul(step)), Features.array(y)).value();

      assertThat((up - down) / (2 * step)).isCloseTo(slope.sumNumber().doubleValue(), within(1e-7));
    }
  }

  @Test
  void should_have_the_type_of_the_features() {
    try (CkaGradient gradient = Cka.linear().gradient(Features.floats(x), Features.array(y))) {
      assertThat(gradient.x().dataType()).isEqualTo(DataType.FLOAT);
      assertThat(gradient.x().shape()).containsExactly(24, 5);
      assertThat(gradient.y().dataType()).isEqualTo(DataType.DOUBLE);
      assertThat(gradient.x().getDouble(3, 2)).isCloseTo(-0.0159096244341033, within(1e-7));
    }
  }

  @Test
  void should_be_zero_where_both_sides_are_the_same() {
    try (CkaGradient gradient = Cka.linear().gradient(Features.array(x), Features.array(x))) {
      assertThat(gradient.value()).isCloseTo(1, CLOSE);
      assertThat(gradient.x().norm2Number().doubleValue()).isCloseTo(0, CLOSE);
    }
  }

  @Test
  void should_refuse_a_side_whose_estimate_is_nothing_but_rounding() {
    double[][] simplex = new double[24][24];
    for (int i = 0; i < 24; i++) {
      simplex[i][i] = 3;
    }

    assertThatThrownBy(() -> Cka.linear().gradient(Features.array(x), Features.array(simplex)))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("y has no structure");
    assertThatThrownBy(() -> Cka.rbf(Bandwidth.median()).gradient(Features.array(simplex), Features.array(y)))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("x has no structure");
    try (CkaGradient biased = Cka.linear().estimator(HsicEstimator.BIASED).gradient(Features.array(simplex), Features.array(y))) {
      assertThat(biased.value()).isBetween(0.0, 1.0);
    }
    double[][] copies = new double[24][1];
    copies[7][0] = 1;
    assertThatThrownBy(() -> Cka.rbf(Bandwidth.median()).gradient(Features.array(copies), Features.array(y)))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("of x is not finite").hasMessageContaining("another bandwidth");
    assertThatThrownBy(() -> Cka.linear().gradient(Nd4j.rand(3, 2), Nd4j.rand(3, 2)))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("at least 4 samples");
  }

  @Test
  void should_refuse_what_has_no_gradient() {
    assertThatThrownBy(() -> Cka.of(Kernel.cosine()).gradient(Features.array(x), Features.array(y)))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("not of cosine by DEBIASED");
    assertThatThrownBy(() -> Cka.linear().estimator(HsicEstimator.LANGE).gradient(Features.array(x), Features.array(y)))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("LANGE");
    assertThatThrownBy(() -> Cka.rbf(Bandwidth.dualMedian()).gradient(Features.array(x), Features.array(y)))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("rbf(");
    assertThatThrownBy(() -> Cka.linear().gradient(Features.array(x), Nd4j.ones(24, 3)))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("y is constant");
    assertThatThrownBy(() -> Cka.linear().gradient(Features.array(x), Nd4j.ones(23, 3)))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("x is [24, 5], y is [23, 3]");
  }
}
