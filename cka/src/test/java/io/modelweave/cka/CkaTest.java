package io.modelweave.cka;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class CkaTest {

  private static final Offset<Double> CLOSE = within(1e-10);
  private static final Offset<Double> CLOSE_FLOAT = within(1e-5);

  private final double[][] x = Features.gaussian(1, 40, 6);
  private final double[][] y = Features.plus(Features.gaussian(2, 40, 6), x, 0.8);

  @ParameterizedTest
  @CsvSource({"5,1,1", "6,9,2", "17,3,30", "40,8,8", "33,50,4", "300,5,7"})
  void should_agree_with_the_definitions_written_out(int n, int p, int q) {
    double[][] a = Features.gaussian(n, n, p);
    double[][] b = Features.gaussian(n + 1, n, q);
    for (int i = 0; i < n; i++) {
      b[i][0] += a[i][0];
    }

    for (Computation form : Computation.values()) {
      Score s = Cka.linear().computation(form).compare(Features.array(a), Features.array(b));

      assertThat(s.biased()).isCloseTo(PlainCka.biased(a, b), CLOSE);
      assertThat(s.value()).isCloseTo(PlainCka.debiased(a, b), CLOSE);
      assertThat(s.n()).isEqualTo(n);
      assertThat(s.p()).isEqualTo(p);
      assertThat(s.q()).isEqualTo(q);
    }
  }

  @ParameterizedTest
  @CsvSource({"7,3,2", "24,5,7", "20,40,3"})
  void should_return_the_standard_error_of_leaving_each_sample_out(int n, int p, int q) {
    double[][] a = Features.sines(n, p);
    double[][] b = Features.cosinesOn(a, q);

    for (Computation form : Computation.values()) {
      Score s = Cka.linear().computation(form).compare(Features.array(a), Features.array(b));

      assertThat(s.standardError()).isCloseTo(PlainCka.standardError(a, b), CLOSE);
    }
  }

  @ParameterizedTest
  @EnumSource(Computation.class)
  void should_return_one_for_identical_features(Computation form) {
    Score s = Cka.linear().computation(form).compare(Features.array(x), Features.array(x));

    assertThat(s.value()).isEqualTo(1);
    assertThat(s.biased()).isEqualTo(1);
    assertThat(s.standardError()).isZero();
    assertThat(s.status()).isEqualTo(Score.Status.OK);
    assertThat(s.warnings()).isEmpty();
    double[][] wide = Features.gaussian(6, 1100, 40);
    Score ofFloats = Cka.linear().computation(form).compare(Features.floats(wide), Features.floats(wide));
    assertThat(ofFloats.value()).isEqualTo(1);
    assertThat(ofFloats.standardError()).isZero();
  }

  @Test
  void should_not_depend_on_the_order_of_the_sides() {
    assertSame(score(y, x), score(x, y));
  }

  @Test
  void should_not_change_under_an_orthogonal_map() {
    double[][] turned = new double[y.length][];
    for (int i = 0; i < y.length; i++) {
      turned[i] = reflected(y[i]);
    }

    assertSame(score(x, turned), score(x, y));
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-120, 0.001, -3, 1e150})
  void should_not_change_under_isotropic_scale(double scale) {
    assertSame(score(x, Features.plus(new double[40][6], y, scale)), score(x, y));
  }

  @Test
  void should_not_change_under_translation() {
    double[][] moved = Features.plus(y, new double[40][6], 0);
    for (double[] row : moved) {
      for (int j = 0; j < row.length; j++) {
        row[j] += 10 * j - 7;
      }
    }

    assertSame(score(x, moved), score(x, y));
  }

  @Test
  void should_change_under_a_general_linear_map() {
    double[][] stretched = Features.plus(y, new double[40][6], 0);
    for (double[] row : stretched) {
      row[0] *= 10;
    }

    assertThat(score(x, stretched).value()).isNotCloseTo(score(x, y).value(), within(0.05));
  }

  @Test
  void should_be_about_zero_for_unrelated_wide_features_where_the_biased_value_is_near_one() {
    Score s = score(Features.gaussian(5, 64, 600), Features.gaussian(6, 64, 600));

    assertThat(s.value()).isCloseTo(0, within(0.05));
    assertThat(s.biased()).isGreaterThan(0.85);
    assertThat(s.nullFloor()).isCloseTo(s.biased(), within(0.02));
    assertThat(Math.abs(s.z())).isLessThan(4);
    assertThat(s.warnings()).anyMatch(w -> w.contains("chance alone"));
  }

  @ParameterizedTest
  @EnumSource(Computation.class)
  void should_return_the_double_result_for_floats_far_from_zero(Computation form) {
    double[][] offset = new double[256][64];
    for (double[] row : offset) {
      java.util.Arrays.fill(row, 1000);
    }
    double[][] a = Features.gaussian(8, 256, 64);
    double[][] b = Features.plus(Features.gaussian(9, 256, 64), a, 1);

    Score exact = Cka.linear().computation(form).compare(Features.array(a), Features.array(b));
    Score far = Cka.linear().computation(form)
        .compare(Features.floats(Features.plus(a, offset, 1)), Features.floats(Features.plus(b, offset, 1)));

    assertThat(far.value()).isCloseTo(exact.value(), CLOSE_FLOAT);
    assertThat(far.biased()).isCloseTo(exact.biased(), CLOSE_FLOAT);
    assertThat(far.standardError()).isCloseTo(exact.standardError(), CLOSE_FLOAT);
  }

  /** Other tools return 0, 1 or NaN from an offset of ten standard deviations on. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 1, 10, 100, 1000})
  void should_not_depend_on_the_offset_of_floats(double offset) {
    double[][] a = Features.gaussian(18, 128, 300);
    double[][] b = Features.plus(Features.gaussian(19, 128, 300), a, 1);
    double[][] ones = new double[128][300];
    for (double[] row : ones) {
      java.util.Arrays.fill(row, 1);
    }
    INDArray farA = Features.floats(Features.plus(a, ones, offset));
    INDArray farB = Features.floats(Features.plus(b, ones, offset));

    for (Kernel kernel : new Kernel[] {Kernel.linear(), Kernel.rbf(Bandwidth.median()), Kernel.laplacian(Bandwidth.median())}) {
      Score exact = Cka.of(kernel).compare(Features.array(a), Features.array(b));
      Score far = Cka.of(kernel).compare(farA, farB);

      assertThat(far.value()).isCloseTo(exact.value(), CLOSE_FLOAT);
      assertThat(far.biased()).isCloseTo(exact.biased(), CLOSE_FLOAT);
      assertThat(Cka.of(kernel).inDouble().compare(farA, farB).value()).isCloseTo(exact.value(), CLOSE_FLOAT);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-30, 1e-6, 1e6, 1e30})
  void should_not_depend_on_the_size_of_floats(double scale) {
    Score s = Cka.linear().compare(Features.floats(Features.plus(new double[40][6], x, scale)), Features.floats(y));

    assertThat(s.value()).isCloseTo(score(x, y).value(), CLOSE_FLOAT);
    assertThat(s.z()).isCloseTo(score(x, y).z(), within(1e-3));
  }

  @ParameterizedTest
  @EnumSource(HsicEstimator.class)
  void should_return_the_value_and_error_of_the_estimator_asked_for(HsicEstimator estimator) {
    double[][] a = Features.sines(24, 5);
    double[][] b = Features.cosinesOn(a, 7);
    double[] without = new double[24];
    for (int i = 0; i < 24; i++) {
      without[i] = of(Cka.linear().compare(Features.array(PlainCka.drop(a, i)), Features.array(PlainCka.drop(b, i))), estimator);
    }

    for (Computation form : Computation.values()) {
      Score s = Cka.linear().estimator(estimator).computation(form).tile(9).compare(Features.array(a), Features.array(b));

      assertThat(s.value()).isEqualTo(of(s, estimator));
      assertThat(s.standardError()).isCloseTo(PlainCka.jackknife(without), CLOSE);
      assertThat(s.estimator()).isEqualTo(estimator);
    }
  }

  static double of(Score s, HsicEstimator estimator) {
    return switch (estimator) {
      case BIASED -> s.biased();
      case DEBIASED -> s.debiased();
      case LANGE -> s.lange();
    };
  }

  @Test
  void should_estimate_the_error_of_many_samples_from_some() {
    double[][] a = Features.gaussian(1, 3000, 4);
    double[][] b = Features.plus(Features.gaussian(2, 3000, 4), a, 1);
    Cka cka = Cka.linear().computation(Computation.FEATURE_SPACE);

    Score some = cka.compare(Features.array(a), Features.array(b));
    Score all = cka.exactStandardError().compare(Features.array(a), Features.array(b));
    Score tiles = Cka.linear().computation(Computation.GRAM_SPACE).compare(Features.array(a), Features.array(b));

    assertThat(some.standardError()).isBetween(0.8 * all.standardError(), 1.2 * all.standardError());
    assertThat(all.standardError()).isCloseTo(tiles.standardError(), CLOSE);
    assertThat(some.value()).isCloseTo(tiles.value(), CLOSE);
  }

  @Test
  void should_have_no_error_where_one_sample_is_all_there_is() {
    double[][] apart = new double[12][3];
    apart[4] = new double[] {1, 2, 3};

    Score s = Cka.linear().estimator(HsicEstimator.BIASED).compare(Features.array(apart), Features.array(PlainCka.drop(y, 0)).get(
        NDArrayIndex.interval(0, 12), NDArrayIndex.all()));

    assertThat(s.biased()).isBetween(0.0, 1.0);
    assertThat(s.standardError()).isNaN();
    assertThat(s.warnings()).contains("no standard error: without row 4 the value is undefined");
  }

  /** The cosines of single columns are 1 and -1: without row 0, one sample is apart from all others and nothing else is known. */
  @Test
  void should_have_no_error_where_a_sample_less_leaves_no_structure() {
    double[][] signs = Features.column(-1, -2, 3, 4, 5);

    Score s = Cka.of(Kernel.cosine()).compare(Features.array(signs), Features.array(signs));

    assertThat(s.value()).isEqualTo(1);
    assertThat(s.standardError()).isNaN();
    assertThat(s.warnings()).contains("no standard error: without row 0 the value is undefined");
  }

  /** A kernel of samples far apart is 1 on its diagonal and next to nothing beside it: no digit of that may be lost to the diagonal. */
  @Test
  void should_know_what_chance_gives_of_a_kernel_that_is_nearly_all_diagonal() {
    double[][] far = Features.plus(new double[40][6], x, 6);
    double[][] alsoFar = Features.plus(new double[40][6], y, 6);

    Score s = Cka.rbf(Bandwidth.fixed(1)).compare(Features.array(far), Features.array(alsoFar));

    assertThat(s.participationRatioX()).isCloseTo(39, within(1e-3));
    assertThat(s.permutationSd()).isPositive();
    // With no diagonal to speak of, the variance is that of the unbiased sum alone: 2/(n(n-3)).
    assertThat(s.z()).isCloseTo(s.value() / Math.sqrt(2 / (40 * 37.0)), within(1e-2));
  }

  @ParameterizedTest
  @EnumSource(Computation.class)
  void should_warn_where_one_direction_carries_a_layer(Computation form) {
    double[][] massive = Features.plus(new double[40][6], y, 1);
    for (double[] row : massive) {
      row[2] *= 100;
    }

    Score s = Cka.linear().computation(form).compare(Features.array(x), Features.array(massive));

    assertThat(s.participationRatioY()).isBetween(1.0, 1.01);
    assertThat(s.warnings()).hasSize(1).first().asString()
        .startsWith("one direction holds at least 100 % of what y varies by (participation ratio 1.00)").contains("such as cca");
    assertThat(score(x, y).warnings()).isEmpty();
    assertThat(score(Features.column(1, 2, 4, 8, 16), Features.column(2, 3, 4, 5, 6)).warnings()).noneMatch(w -> w.contains("direction"));
  }

  @Test
  void should_mark_a_side_whose_kernel_is_constant() {
    double[][] positive = new double[40][1];
    for (int i = 0; i < 40; i++) {
      positive[i][0] = 1 + i;
    }

    Score s = Cka.of(Kernel.cosine()).compare(Features.array(positive), Features.array(y));

    assertThat(s.status()).isEqualTo(Score.Status.DEGENERATE);
    assertThat(s.value()).isNaN();
  }

  @Test
  void should_use_a_kernel_of_ones_own() {
    Kernel squares = new Kernel() {
      @Override
      public String name() {
        return "squares";
      }

      @Override
      public INDArray between(INDArray left, INDArray right) {
        INDArray products = left.mmul(right.transpose());
        return products.muli(products);
      }
    };

    Score own = Cka.of(squares).tile(7).compare(Features.array(x), Features.array(y));
    Score known = Cka.of(Kernel.polynomial(2, 1, 0)).compare(Features.array(x), Features.array(y));

    assertSame(own, known);
    assertThat(own.kernel()).isEqualTo("squares");
  }

  @Test
  void should_refuse_kernels_and_settings_that_make_no_sense() {
    Kernel wrong = new Kernel() {
      @Override
      public String name() {
        return "wrong";
      }

      @Override
      public INDArray between(INDArray left, INDArray right) {
        return Nd4j.ones(DataType.DOUBLE, 2, 3);
      }
    };
    assertThatThrownBy(() -> Cka.of(wrong).compare(Features.array(x), Features.array(y)))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("kernel \"wrong\" must return [40, 40]");
    assertThatThrownBy(() -> Cka.of(Kernel.polynomial(300, 1e9, 0)).compare(Features.array(x), Features.array(y)))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("of x is not finite");
    assertThatThrownBy(() -> Kernel.polynomial(0, 1, 1)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0, 1.0 and 1.0");
    assertThatThrownBy(() -> Bandwidth.fixed(-1)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("-1.0");
    assertThatThrownBy(() -> Kernel.laplacian(Bandwidth.dualMedian())).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("one bandwidth a layer");
    assertThatThrownBy(() -> Cka.rbf(Bandwidth.median()).computation(Computation.FEATURE_SPACE))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("only the linear kernel");
    assertThatThrownBy(() -> Cka.linear().tile(0)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("at least one row");
  }

  @Test
  void should_read_views_and_any_order_and_leave_them_as_they_were() {
    INDArray wide = Nd4j.createFromArray(Features.gaussian(3, 40, 9));
    INDArray view = wide.get(NDArrayIndex.all(), NDArrayIndex.interval(2, 8));
    INDArray fortran = Features.array(y).dup('f');
    INDArray wideBefore = wide.dup();
    INDArray fortranBefore = fortran.dup();

    Score s = Cka.linear().compare(view, fortran);

    assertSame(s, Cka.linear().compare(view.dup('c'), Features.array(y)));
    assertSame(s, Cka.linear().compare(view.transpose().dup('c').transpose(), Features.array(y)));
    assertThatArray(wide).isBitEqualTo(wideBefore);
    assertThatArray(fortran).isBitEqualTo(fortranBefore);
    assertThat(wide.wasClosed()).isFalse();
  }

  @ParameterizedTest
  @EnumSource(value = DataType.class, names = {"INT", "LONG", "FLOAT", "DOUBLE", "HALF", "BFLOAT16"})
  void should_read_any_type_of_number(DataType type) {
    double[][] small = Features.gaussian(4, 12, 3);
    for (double[] row : small) {
      for (int j = 0; j < row.length; j++) {
        row[j] = Math.rint(4 * row[j]);
      }
    }
    double[][] other = Features.sines(12, 2);

    Score s = Cka.linear().compare(Features.array(small).castTo(type), Features.array(other));

    assertSame(s, score(small, other));
    Score ofFloats = Cka.linear().compare(Features.array(small).castTo(type), Features.floats(other));
    assertThat(ofFloats.value()).isCloseTo(s.value(), CLOSE_FLOAT);
  }

  @ParameterizedTest
  @EnumSource(Computation.class)
  void should_mark_a_constant_side(Computation form) {
    // 0.1 in FLOAT, whose mean in DOUBLE is not exact.
    INDArray constant = Nd4j.valueArrayOf(new long[] {40, 3}, 0.1, DataType.FLOAT);

    Score s = Cka.linear().computation(form).compare(constant, Features.array(y));

    assertThat(s.status()).isEqualTo(Score.Status.DEGENERATE);
    assertThat(s.value()).isNaN();
    assertThat(s.biased()).isNaN();
    assertThat(s.warnings()).hasSize(1).first().asString().contains("x is constant");
  }

  @Test
  void should_refuse_different_samples() {
    assertThatThrownBy(() -> Cka.linear().compare(Nd4j.rand(10, 3), Nd4j.rand(12, 4)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("x is [10, 3], y is [12, 4]");
  }

  @Test
  void should_refuse_fewer_than_four_samples() {
    assertThatThrownBy(() -> Cka.linear().compare(Nd4j.rand(3, 5), Nd4j.rand(3, 5)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least 4 samples, but there are 3");
  }

  @Test
  void should_refuse_arrays_that_are_not_rows_of_features() {
    assertThatThrownBy(() -> Cka.linear().compare(Nd4j.rand(8, 5), Nd4j.rand(8, 5, 2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("y is [8, 5, 2]").hasMessageContaining("reshape");
    assertThatThrownBy(() -> Cka.linear().compare(Nd4j.rand(8, 5).gt(0.5), Nd4j.rand(8, 5)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("x is BOOL");
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void should_refuse_values_that_are_not_finite(double bad) {
    INDArray spoilt = Features.array(x);
    spoilt.putScalar(7, 2, bad);

    assertThatThrownBy(() -> Cka.linear().compare(Features.array(y), spoilt))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("y [40, 6] has 1")
        .hasMessageContaining(bad + " at row 7, column 2");
    assertThatThrownBy(() -> Cka.rbf(Bandwidth.median()).compare(Features.array(y).castTo(DataType.FLOAT), spoilt.castTo(DataType.FLOAT)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(bad + " at row 7, column 2");
  }

  @Test
  void should_refuse_values_whose_differences_overflow() {
    INDArray huge = Features.array(x);
    for (int i = 0; i < 40; i++) {
      huge.putScalar(i, 0, i == 1 ? -Double.MAX_VALUE : Double.MAX_VALUE);
    }

    assertThatThrownBy(() -> Cka.linear().compare(huge, Features.array(y)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("x [40, 6]").hasMessageContaining("scale them down");
  }

  private static Score score(double[][] left, double[][] right) {
    return Cka.linear().compare(Features.array(left), Features.array(right));
  }

  private static void assertSame(Score actual, Score expected) {
    assertThat(actual.value()).isCloseTo(expected.value(), CLOSE);
    assertThat(actual.biased()).isCloseTo(expected.biased(), CLOSE);
    assertThat(actual.nullFloor()).isCloseTo(expected.nullFloor(), CLOSE);
    assertThat(actual.permutationSd()).isCloseTo(expected.permutationSd(), CLOSE);
    assertThat(actual.standardError()).isCloseTo(expected.standardError(), CLOSE);
  }

  /** Householder's {@code v - 2 u (u·v)}, which mixes all columns. */
  private static double[] reflected(double[] row) {
    double[] u = {0.5, -0.1, 0.3, 0.7, -0.2, 0.4};
    double scale = 2 * PairSums.dot(u, row) / PairSums.dot(u, u);
    double[] image = row.clone();
    for (int j = 0; j < image.length; j++) {
      image[j] -= scale * u[j];
    }
    return image;
  }
}
