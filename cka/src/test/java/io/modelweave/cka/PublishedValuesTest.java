package io.modelweave.cka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.modelweave.core.BatchWorkers;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;

/** Numbers of others, and of an independent NumPy implementation on closed-form features. */
class PublishedValuesTest {

  private static final Offset<Double> CLOSE = within(1e-10);
  private static final Offset<Double> AS_PRINTED = within(6e-10);
  private static final Offset<Double> CLOSE_FLOAT = within(1e-5);

  private final double[][] x1 = Features.sines(24, 5);
  private final double[][] y1 = Features.cosinesOn(x1, 7);
  private final double[][] x2 = Features.sines(8, 20);
  private final double[][] y2 = Features.cosinesOn(x2, 12);

  @Test
  void should_build_the_fixtures_as_they_are_defined() {
    assertThat(total(x1)).isCloseTo(1.001681786818, CLOSE);
    assertThat(total(y1)).isCloseTo(6.295406703451, CLOSE);
    assertThat(total(x2)).isCloseTo(0.127648923667, CLOSE);
    assertThat(total(y2)).isCloseTo(11.234136142375, CLOSE);
  }

  @ParameterizedTest
  @EnumSource(Computation.class)
  void should_return_the_linear_values_of_more_samples_than_features(Computation form) {
    Score s = score(form, x1, y1);

    assertThat(s.biased()).isCloseTo(0.539815369171, CLOSE);
    assertThat(s.value()).isCloseTo(0.467309723987, CLOSE);
    assertThat(s.lange()).isCloseTo(0.470587153288, CLOSE);
    assertThat(s.participationRatioX()).isCloseTo(3.381828183115, CLOSE);
    assertThat(s.participationRatioY()).isCloseTo(3.407848778044, CLOSE);
    assertThat(s.nullFloor()).isCloseTo(0.147600589144, CLOSE);
    assertThat(s.permutationSd()).isCloseTo(0.052799245396, CLOSE);
    assertThat(s.z()).isCloseTo(7.428416393, AS_PRINTED);
    assertFloats(form, x1, y1, s);
  }

  @ParameterizedTest
  @EnumSource(Computation.class)
  void should_return_the_linear_values_of_fewer_samples_than_features(Computation form) {
    Score s = score(form, x2, y2);

    assertThat(s.biased()).isCloseTo(0.551618094798, CLOSE);
    assertThat(s.value()).isCloseTo(-0.102920921442, CLOSE);
    assertThat(s.lange()).isCloseTo(0.176314288280, CLOSE);
    assertThat(s.participationRatioX()).isCloseTo(6.726179453409, CLOSE);
    assertThat(s.participationRatioY()).isCloseTo(2.316692794046, CLOSE);
    assertThat(s.nullFloor()).isCloseTo(0.563923780332, CLOSE);
    assertThat(s.permutationSd()).isCloseTo(0.032888713892, CLOSE);
    assertThat(s.z()).isCloseTo(-0.374161348, AS_PRINTED);
    assertFloats(form, x2, y2, s);
  }

  @ParameterizedTest
  @EnumSource(value = Computation.class, names = {"FEATURE_SPACE", "GRAM_SPACE"})
  void should_return_hsic_of_more_samples_than_features(Computation form) {
    assertThat(hsic(HsicEstimator.BIASED, form, x1, y1)).isCloseTo(1.869135145115, CLOSE);
    assertThat(hsic(HsicEstimator.BIASED, form, x1, x1)).isCloseTo(2.013169409488, CLOSE);
    assertThat(hsic(HsicEstimator.BIASED, form, y1, y1)).isCloseTo(5.955395301860, CLOSE);
    assertThat(hsic(HsicEstimator.DEBIASED, form, x1, y1)).isCloseTo(1.420682804444, CLOSE);
    assertThat(hsic(HsicEstimator.DEBIASED, form, x1, x1)).isCloseTo(1.768241358726, CLOSE);
    assertThat(hsic(HsicEstimator.DEBIASED, form, y1, y1)).isCloseTo(5.226886470672, CLOSE);
  }

  @ParameterizedTest
  @EnumSource(value = Computation.class, names = {"FEATURE_SPACE", "GRAM_SPACE"})
  void should_return_hsic_of_fewer_samples_than_features(Computation form) {
    assertThat(hsic(HsicEstimator.BIASED, form, x2, y2)).isCloseTo(13.110051608037, CLOSE);
    assertThat(hsic(HsicEstimator.BIASED, form, x2, x2)).isCloseTo(18.592901537938, CLOSE);
    assertThat(hsic(HsicEstimator.BIASED, form, y2, y2)).isCloseTo(30.379780053061, CLOSE);
    assertThat(hsic(HsicEstimator.DEBIASED, form, x2, y2)).isCloseTo(-0.431425653408, CLOSE);
    assertThat(hsic(HsicEstimator.DEBIASED, form, x2, x2)).isCloseTo(0.796738918707, CLOSE);
    assertThat(hsic(HsicEstimator.DEBIASED, form, y2, y2)).isCloseTo(22.054060806750, CLOSE);
  }

  /** Kornblith et al. 2019, the notebook: 0.55761 and 0.51346; twelve digits from a NumPy run of it. */
  @ParameterizedTest
  @EnumSource(Computation.class)
  void should_return_what_the_authors_of_cka_print(Computation form) {
    MersenneNormals random = new MersenneNormals(1337);
    double[][] x = random.matrix(100, 10);
    double[][] y = Features.plus(random.matrix(100, 10), x, 1);

    Score s = score(form, x, y);

    assertThat(x[0][0]).isCloseTo(-0.70318731, within(5e-9));
    assertThat(x[0][1]).isCloseTo(-0.49028236, within(5e-9));
    assertThat(x[0][2]).isCloseTo(-0.32181433, within(5e-9));
    assertThat(s.biased()).isCloseTo(0.557613256612, within(1e-12));
    assertThat(s.value()).isCloseTo(0.513456489506, within(1e-12));
    assertFloats(form, x, y, s);
  }

  @ParameterizedTest
  @EnumSource(Computation.class)
  void should_return_what_can_be_had_by_hand_for_a_square(Computation form) {
    double[][] square = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};

    Score s = score(form, square, Features.column(1, 1, -1, -1));

    assertThat(s.biased()).isCloseTo(Math.sqrt(0.5), CLOSE);
    assertThat(s.value()).isCloseTo(0.5, CLOSE);
    assertThat(s.standardError()).isNaN();
    assertThat(s.warnings()).anyMatch(w -> w.contains("no standard error"));
  }

  @ParameterizedTest
  @EnumSource(Computation.class)
  void should_return_the_squared_correlation_for_single_columns(Computation form) {
    Score s = score(form, Features.column(0, 1, 2, 3, 4), Features.column(0, 1, 4, 9, 16));

    assertThat(s.biased()).isCloseTo(0.919540229885, CLOSE);
    assertThat(s.value()).isCloseTo(0.962360805803, CLOSE);
  }

  @ParameterizedTest
  @EnumSource(Computation.class)
  void should_return_only_the_biased_value_for_samples_that_are_all_equally_far_apart(Computation form) {
    double[][] identity = new double[5][5];
    for (int i = 0; i < 5; i++) {
      identity[i][i] = 1;
    }

    Score s = score(form, identity, Features.column(0, 1, 2, 3, 4));

    assertThat(s.biased()).isCloseTo(0.5, CLOSE);
    assertThat(s.status()).isEqualTo(Score.Status.DEBIASED_UNDEFINED);
    assertThat(s.value()).isNaN();
    assertThat(s.warnings()).anyMatch(w -> w.startsWith("x has no structure"));
  }

  @Test
  void should_return_mean_and_deviation_over_all_pairings() {
    double[][] x = Features.sines(7, 3);
    double[][] y = Features.cosinesOn(x, 2);

    Score s = score(Computation.CHEAPEST, x, y);
    double[] exact = PlainCka.overAllPairings(x, y);

    assertThat(s.nullFloor()).isCloseTo(exact[0], CLOSE);
    assertThat(s.permutationSd()).isCloseTo(exact[1], CLOSE);
    assertThat(s.z()).isCloseTo((s.biased() - exact[0]) / exact[1], within(1e-8));
  }

  private static void assertFloats(Computation form, double[][] x, double[][] y, Score expected) {
    Score s = Cka.linear().computation(form).compare(Features.floats(x), Features.floats(y));

    assertThat(s.biased()).isCloseTo(expected.biased(), CLOSE_FLOAT);
    assertThat(s.value()).isCloseTo(expected.value(), CLOSE_FLOAT);
    assertThat(s.lange()).isCloseTo(expected.lange(), CLOSE_FLOAT);
    assertThat(s.participationRatioX()).isCloseTo(expected.participationRatioX(), CLOSE_FLOAT);
    assertThat(s.participationRatioY()).isCloseTo(expected.participationRatioY(), CLOSE_FLOAT);
    assertThat(s.nullFloor()).isCloseTo(expected.nullFloor(), CLOSE_FLOAT);
    assertThat(s.permutationSd()).isCloseTo(expected.permutationSd(), CLOSE_FLOAT);
    assertThat(s.z()).isCloseTo(expected.z(), within(1e-4));
    assertThat(s.standardError()).isCloseTo(expected.standardError(), CLOSE_FLOAT);
  }

  private static Score score(Computation form, double[][] x, double[][] y) {
    return Cka.linear().computation(form).compare(Features.array(x), Features.array(y));
  }

  private static double hsic(HsicEstimator estimator, Computation form, double[][] x, double[][] y) {
    LayerFeatures left = LayerFeatures.centered(Features.array(x), "x", DataType.DOUBLE, false);
    LayerFeatures right = LayerFeatures.centered(Features.array(y), "y", DataType.DOUBLE, false);
    try (LayerGram k = LayerGram.of(left, Kernel.linear(), 256, false);
        LayerGram l = LayerGram.of(right, Kernel.linear(), 256, false)) {
      SumsTable sums = form == Computation.FEATURE_SPACE
          ? FeatureSpace.of(List.of(k), List.of(l), Settings.DEFAULT.leftOut(x.length), BatchWorkers.single())
          : GramSweep.of(List.of(k), List.of(l), 5, estimator, BatchWorkers.single());
      return estimator.hsic(sums.cross()[0][0].whole());
    }
  }

  private static double total(double[][] x) {
    double sum = 0;
    for (double[] row : x) {
      sum += PairSums.sum(row);
    }
    return sum;
  }
}
