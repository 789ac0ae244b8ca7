package io.modelweave.cka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.modelweave.core.Activations;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Kernels and bandwidths against an independent NumPy implementation and against what other tools print for the same data. */
class KernelValuesTest {

  private static final Offset<Double> CLOSE = within(1e-10);
  private static final Offset<Double> CLOSE_FLOAT = within(1e-5);

  private final double[][] x1 = Features.sines(24, 5);
  private final double[][] y1 = Features.cosinesOn(x1, 7);
  private final double[][] x2 = Features.sines(8, 20);
  private final double[][] y2 = Features.cosinesOn(x2, 12);

  @ParameterizedTest
  @MethodSource
  void should_return_the_values_of_each_convention(Kernel kernel, double biased, double debiased) {
    for (int edge : new int[] {256, 7}) {
      Score s = Cka.of(kernel).tile(edge).compare(Features.array(x1), Features.array(y1));

      assertThat(s.biased()).isCloseTo(biased, CLOSE);
      assertThat(s.value()).isEqualTo(s.debiased()).isCloseTo(debiased, CLOSE);
      assertThat(s.kernel()).isEqualTo(kernel.name());
    }
    Score ofFloats = Cka.of(kernel).compare(Features.floats(x1), Features.floats(y1));
    assertThat(ofFloats.biased()).isCloseTo(biased, CLOSE_FLOAT);
    assertThat(ofFloats.value()).isCloseTo(debiased, CLOSE_FLOAT);
  }

  static Stream<Arguments> should_return_the_values_of_each_convention() {
    return Stream.of(
        Arguments.of(Kernel.rbf(Bandwidth.kornblith(1)), 0.549624779378, 0.425408558660),
        Arguments.of(Kernel.rbf(Bandwidth.kornblith(0.5)), 0.606030753195, 0.265339983323),
        Arguments.of(Kernel.rbf(Bandwidth.lowerKornblith(1)), 0.549644883747, 0.425291053517),
        Arguments.of(Kernel.rbf(Bandwidth.medianOfSquares(1)), 0.549457920222, 0.426638769291),
        Arguments.of(Kernel.rbf(Bandwidth.median()), 0.549457957719, 0.426638666459),
        Arguments.of(Kernel.rbf(Bandwidth.halfMeanOfSquares()), 0.558042969247, 0.381372466805),
        Arguments.of(Kernel.rbf(Bandwidth.halfLowerMedianOfSquares()), 0.560318209735, 0.374268931259),
        Arguments.of(Kernel.rbf(Bandwidth.fixed(1)), 0.669205626380, 0.176573352569),
        Arguments.of(Kernel.rbf(Bandwidth.halfWidth()), 0.563762529593, 0.366885204391),
        Arguments.of(Kernel.laplacian(Bandwidth.median()), 0.718409955073, 0.341701347767),
        Arguments.of(Kernel.polynomial(3), 0.538182638843, 0.385696426460),
        Arguments.of(Kernel.polynomial(2, 1, 1), 0.481918991784, 0.218466944790),
        Arguments.of(Kernel.cosine(), 0.532815908630, 0.447331098009));
  }

  @ParameterizedTest
  @MethodSource
  void should_return_the_values_of_fewer_samples_than_features(Kernel kernel, double biased, double debiased) {
    Score s = Cka.of(kernel).compare(Features.array(x2), Features.array(y2));
    Score ofFloats = Cka.of(kernel).compare(Features.floats(x2), Features.floats(y2));

    assertThat(s.biased()).isCloseTo(biased, CLOSE);
    assertThat(s.value()).isCloseTo(debiased, CLOSE);
    assertThat(ofFloats.biased()).isCloseTo(biased, CLOSE_FLOAT);
    assertThat(ofFloats.value()).isCloseTo(debiased, CLOSE_FLOAT);
  }

  static Stream<Arguments> should_return_the_values_of_fewer_samples_than_features() {
    return Stream.of(
        Arguments.of(Kernel.rbf(Bandwidth.kornblith(1)), 0.694072993753, -0.117446906390),
        Arguments.of(Kernel.rbf(Bandwidth.fixed(1)), 0.995048929731, -0.174522717873),
        Arguments.of(Kernel.laplacian(Bandwidth.median()), 0.913787569051, -0.124890252483),
        Arguments.of(Kernel.polynomial(3), 0.720530939731, -0.160712449269),
        Arguments.of(Kernel.cosine(), 0.591003428552, -0.091233206011));
  }

  /** The notebook of Kornblith et al. 2019 prints 0.65483 for t = 0.5; the others are a NumPy run of it. */
  @ParameterizedTest
  @CsvSource({
    "0.2, 0.989806930277, 0.049535630656", "0.4, 0.748199807598, 0.349761096465", "0.5, 0.654831182261, 0.419276751022",
    "0.8, 0.585857089329, 0.489470976709", "1.0, 0.575832223014, 0.501610270353"})
  void should_return_what_the_authors_of_cka_print(double t, double biased, double debiased) {
    MersenneNormals random = new MersenneNormals(1337);
    double[][] x = random.matrix(100, 10);
    double[][] y = Features.plus(random.matrix(100, 10), x, 1);

    Score s = Cka.rbf(Bandwidth.kornblith(t)).compare(Features.array(x), Features.array(y));

    assertThat(s.biased()).isCloseTo(biased, within(1e-11));
    assertThat(s.value()).isCloseTo(debiased, within(1e-11));
  }

  /** The example of PyTorch-Ignite's HSIC; its kernel is that of Kornblith et al. with t = 1. */
  @Test
  void should_return_what_ignite_prints() {
    double[][] x = new double[10][5];
    double[][] y = new double[10][5];
    for (int i = 0; i < 50; i++) {
      x[i / 5][i % 5] = i;
      y[i / 5][i % 5] = Math.sin(2 * Math.PI * i / 50);
    }

    Score rbf = Cka.rbf(Bandwidth.kornblith(1)).compare(Features.array(x), Features.array(y));
    Score linear = Cka.linear().compare(Features.array(x), Features.array(y));

    assertThat(rbf.value()).isCloseTo(0.785348944373, CLOSE);
    assertThat(rbf.biased()).isCloseTo(0.806103847447, CLOSE);
    assertThat(linear.biased()).isCloseTo(0.631928945143, CLOSE);
    assertThat(linear.value()).isCloseTo(0.661773311159, CLOSE);
  }

  @Test
  void should_tend_to_linear_as_the_bandwidth_grows_and_lose_no_digit_there() {
    Score linear = Cka.linear().compare(Features.array(x1), Features.array(y1));

    for (Map.Entry<Double, Double> gap : Map.of(10.0, 1.6e-4, 100.0, 1.6e-6, 1e6, 1e-12).entrySet()) {
      Score rbf = Cka.rbf(Bandwidth.median(gap.getKey())).compare(Features.array(x1), Features.array(y1));

      assertThat(rbf.biased()).isCloseTo(linear.biased(), within(gap.getValue()));
      assertThat(rbf.value()).isCloseTo(linear.value(), within(10 * gap.getValue()));
    }
  }

  @Test
  void should_be_all_chance_when_the_bandwidth_is_small() {
    Score s = Cka.rbf(Bandwidth.median(0.1)).compare(Features.array(x1), Features.array(y1));

    assertThat(s.biased()).isCloseTo(0.9977, within(5e-5));
    assertThat(s.value()).isCloseTo(-0.0035, within(5e-5));
  }

  /**
   * Where all samples are far apart for the bandwidth, elements of 1e-20 to 1e-130 have squares, or products of squares, that FLOAT, or
   * DOUBLE, does not hold. The debiased value knows neither the diagonal nor the scale of a kernel, and z then follows from it.
   */
  @ParameterizedTest
  @ValueSource(doubles = {1.2, 0.9, 0.7, 0.5, 0.35, 0.32})
  void should_return_the_value_of_kernels_that_leave_the_range_of_a_type(double sigma) {
    double[][] x = Features.array(Features.gaussian(1, 40, 30)).castTo(DataType.FLOAT).toDoubleMatrix();
    double[][] y = Features.array(Features.plus(Features.gaussian(2, 40, 30), x, 1)).castTo(DataType.FLOAT).toDoubleMatrix();
    double[][] k = nearestAtOne(x, sigma);
    double[][] l = nearestAtOne(y, sigma);
    double expected = PlainCka.cka(HsicEstimator.DEBIASED, k, l);
    double error = PlainCka.standardError(HsicEstimator.DEBIASED, k, l);
    Kernel kernel = Kernel.rbf(Bandwidth.fixed(sigma));

    for (int edge : new int[] {256, 7}) {
      Score ofFloats = Cka.of(kernel).tile(edge).compare(Features.floats(x), Features.floats(y));
      Score s = Cka.of(kernel).tile(edge).compare(Features.array(x), Features.array(y));

      assertThat(s.status()).isEqualTo(ofFloats.status()).isEqualTo(Score.Status.OK);
      assertThat(s.value()).isCloseTo(expected, within(1e-9));
      assertThat(ofFloats.value()).isCloseTo(expected, CLOSE_FLOAT);
      assertThat(s.biased()).isCloseTo(1, CLOSE_FLOAT);
      // By subtraction, of which the nearest two leave little when one of them is left out.
      assertThat(s.standardError()).isCloseTo(error, CLOSE_FLOAT);
      assertThat(ofFloats.standardError()).isCloseTo(error, CLOSE_FLOAT);
      if (sigma < 0.6) {
        assertThat(s.z()).isCloseTo(expected * Math.sqrt(40 * 37 / 2.0), within(1e-6));
        assertThat(ofFloats.z()).isCloseTo(s.z(), within(1e-6));
      }
    }
    Activations a = Activations.of(Map.of("layer", Features.array(x)));
    Activations b = Activations.of(Map.of("layer", Features.array(y)));
    CkaAccumulator sums = CkaAccumulator.miniBatches(kernel, BatchWeight.PAIRS, a, b);
    sums.add(a, b);
    assertThat(sums.result().value(0, 0)).isCloseTo(expected, within(1e-9));
  }

  /** The RBF kernel times what makes its largest element beside the diagonal 1. */
  private static double[][] nearestAtOne(double[][] x, double sigma) {
    double nearest = Double.MAX_VALUE;
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < i; j++) {
        nearest = Math.min(nearest, Math.pow(PlainRelatives.euclidean(x[i], x[j]), 2));
      }
    }
    double shift = nearest;
    return PlainCka.gram(x, (u, v) -> Math.exp((shift - Math.pow(PlainRelatives.euclidean(u, v), 2)) / (2 * sigma * sigma)));
  }

  @ParameterizedTest
  @EnumSource(value = DataType.class, names = {"FLOAT", "DOUBLE"})
  void should_say_what_to_do_where_the_bandwidth_leaves_nothing_beside_the_diagonal(DataType type) {
    INDArray x = Features.array(Features.gaussian(1, 40, 30)).castTo(type);

    Score s = Cka.rbf(Bandwidth.fixed(0.05)).compare(x, Features.array(Features.gaussian(2, 40, 30)).castTo(type));

    assertThat(s.status()).isEqualTo(Score.Status.DEBIASED_UNDEFINED);
    assertThat(s.value()).isNaN();
    assertThat(s.z()).isNaN();
    assertThat(s.warnings()).anyMatch(warning -> warning.startsWith("x has no structure beyond the size of its samples")
        && warning.endsWith("too far apart, or too near, for the bandwidth 0.0500: see what Bandwidth.median() gives"));
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-30, 1e-20, 1e15})
  void should_compare_features_whose_squares_leave_the_range_of_a_float_by_a_fixed_bandwidth(double scale) {
    Score expected = Cka.rbf(Bandwidth.fixed(2)).compare(Features.array(x1), Features.array(y1));

    Score s = Cka.rbf(Bandwidth.fixed(2 * scale))
        .compare(Features.floats(x1).mul(scale), Features.floats(y1).mul(scale));

    assertThat(s.value()).isCloseTo(expected.value(), CLOSE_FLOAT);
    assertThat(s.biased()).isCloseTo(expected.biased(), CLOSE_FLOAT);
  }

  @Test
  void should_refuse_a_kernel_without_finite_squares() {
    Score expected = Cka.of(Kernel.polynomial(3, 1, 0)).compare(Features.array(x1), Features.array(y1));
    Cka large = Cka.of(Kernel.polynomial(3, 1e40, 0));

    // Elements of 1e120 have squares of which a DOUBLE does not hold the product.
    assertThat(large.compare(Features.array(x1), Features.array(y1)).value()).isCloseTo(expected.value(), CLOSE);
    assertThatThrownBy(() -> Cka.of(Kernel.polynomial(3, 1e60, 0)).compare(Features.array(x1), Features.array(y1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("kernel of x is not finite, or has no finite square; scale the features down");
  }

  @Test
  void should_use_the_median_distances_of_both_samples() {
    double[][] k = dualMedian(x1);
    double[][] l = dualMedian(y1);

    Score s = Cka.rbf(Bandwidth.dualMedian()).tile(10).compare(Features.array(x1), Features.array(y1));

    assertThat(s.biased()).isCloseTo(PlainCka.biasedOfGrams(k, l), CLOSE);
    assertThat(s.bandwidthX()).isNaN();
  }

  /** The root of what rounding leaves of the distance of equal samples is not small: 3e-4 in FLOAT. */
  @ParameterizedTest
  @ValueSource(ints = {256, 7})
  void should_find_copies_of_a_sample_at_distance_zero(int edge) {
    double[][] a = Features.gaussian(1, 40, 6);
    double[][] b = Features.plus(Features.gaussian(2, 40, 6), a, 1);
    for (int i = 0; i < 10; i++) {
      a[39 - 2 * i] = a[i];
      b[30 - i] = b[i];
    }
    double[][] k = PlainCka.gram(a, (u, v) -> Math.exp(-PlainRelatives.euclidean(u, v) / 2));
    double[][] l = PlainCka.gram(b, (u, v) -> Math.exp(-PlainRelatives.euclidean(u, v) / 2));
    Cka cka = Cka.of(Kernel.laplacian(Bandwidth.fixed(2))).tile(edge);

    Score s = cka.compare(Features.array(a), Features.array(b));
    Score ofFloats = cka.compare(Features.floats(a), Features.floats(b));

    assertThat(s.biased()).isCloseTo(PlainCka.cka(HsicEstimator.BIASED, k, l), CLOSE);
    assertThat(s.value()).isCloseTo(PlainCka.cka(HsicEstimator.DEBIASED, k, l), CLOSE);
    assertThat(ofFloats.biased()).isCloseTo(s.biased(), CLOSE_FLOAT);
    assertThat(ofFloats.value()).isCloseTo(s.value(), CLOSE_FLOAT);
    // Zeros do not count.
    assertThat(Bandwidth.medianOfSquares(1).of(Features.array(Features.column(0.1, 0.1, 0.1, 0.1, 0.7)))).isCloseTo(0.6, CLOSE);
  }

  @Test
  void should_record_the_bandwidth_in_units_of_the_features() {
    double[][] tenfold = Features.plus(new double[24][5], x1, 10);

    Score s = Cka.rbf(Bandwidth.median(0.5)).compare(Features.array(tenfold), Features.array(y1));

    assertThat(s.bandwidthX()).isCloseTo(10 * Bandwidth.median(0.5).of(Features.array(x1)), CLOSE);
    assertThat(s.kernel()).isEqualTo("rbf(0.5 median d)");
  }

  @Test
  void should_return_the_median_distance_by_hand() {
    // Distances 1, 3, 7, 2, 6, 4: the middle ones are 3 and 4.
    INDArray x = Features.array(Features.column(0, 1, 3, 7));

    assertThat(Bandwidth.median().of(x)).isCloseTo(3.5, CLOSE);
    assertThat(Bandwidth.lowerMedianOfSquares(1).of(x)).isCloseTo(3, CLOSE);
    assertThat(Bandwidth.medianOfSquares(1).of(x)).isCloseTo(Math.sqrt(12.5), CLOSE);
    // 0 0 0 0 1 1 4 4 9 9 16 16 36 36 49 49 in squares.
    assertThat(Bandwidth.kornblith(1).of(x)).isCloseTo(Math.sqrt(6.5), CLOSE);
    assertThat(Bandwidth.lowerKornblith(2).of(x)).isCloseTo(4, CLOSE);
    assertThat(Bandwidth.halfMeanOfSquares().of(x)).isCloseTo(Math.sqrt(115 / 12.0), CLOSE);
  }

  @Test
  void should_refuse_a_bandwidth_of_what_has_no_distances() {
    assertThatThrownBy(() -> Bandwidth.median().of(Features.array(Features.sines(1, 3))))
        .isInstanceOf(IllegalArgumentException.class).hasMessage("the bandwidth median d needs at least 2 samples, but there is 1");
    assertThatThrownBy(() -> Bandwidth.kornblith(1).of(Nd4j.rand(3, 2, 4)))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("x is [3, 2, 4]");
    assertThat(Bandwidth.halfWidth().of(Features.array(Features.sines(1, 8)))).isCloseTo(2, CLOSE);
    assertThat(Bandwidth.median().of(Nd4j.ones(5, 3))).isZero();
  }

  private static double[][] dualMedian(double[][] x) {
    int n = x.length;
    double[][] squares = new double[n][n];
    double[] medians = new double[n];
    for (int i = 0; i < n; i++) {
      double[] others = new double[n - 1];
      for (int j = 0; j < n; j++) {
        for (int k = 0; k < x[i].length; k++) {
          squares[i][j] += (x[i][k] - x[j][k]) * (x[i][k] - x[j][k]);
        }
        if (j != i) {
          others[j < i ? j : j - 1] = Math.sqrt(squares[i][j]);
        }
      }
      java.util.Arrays.sort(others);
      medians[i] = n % 2 == 0 ? others[(n - 2) / 2] : (others[(n - 2) / 2] + others[(n - 1) / 2]) / 2;
    }
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        squares[i][j] = Math.exp(-squares[i][j] / (2 * medians[i] * medians[j]));
      }
    }
    return squares;
  }
}
