package io.modelweave.cka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.modelweave.cka.distances.Correlation;
import io.modelweave.cka.distances.Rsa;
import io.modelweave.cka.linear.CanonicalCorrelation;
import io.modelweave.cka.linear.LinearPrediction;
import io.modelweave.cka.measure.Measure;
import io.modelweave.cka.neighbors.Neighborhoods;
import io.modelweave.cka.neighbors.Proximity;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Names, parameters, and what becomes of arguments that cannot be compared. */
class SimilaritiesTest {

  private final double[][] x = Features.gaussian(1, 20, 4);
  private final double[][] y = Features.gaussian(2, 20, 3);

  static Stream<String> names() {
    return Similarities.names().stream();
  }

  @Test
  void should_list_the_measures_by_name() {
    assertThat(List.copyOf(Similarities.names())).isSorted().hasSize(62).contains("cka", "cka-biased", "cka-lange", "cka-rbf",
        "cka-rbf-biased", "cka-laplacian", "cka-polynomial", "cka-cosine", "cca", "svcca", "pwcca", "procrustes", "nbs", "rsa-pearson",
        "rsa-spearman", "rsa-kendall", "mutual-knn", "mutual-knn-cosine", "cycle-knn", "lcs-knn", "edit-knn", "cknna", "cknna-symmetric",
        "jaccard-knn", "rank-knn", "regression", "distance-correlation", "gulp", "imd");
  }

  @ParameterizedTest
  @MethodSource("names")
  void should_return_the_measure_of_that_name(String name) {
    Similarity measure = Similarities.named(name);

    assertThat(measure.name()).isEqualTo(name);
    assertThat(measure.citation()).isNotBlank();
  }

  @Test
  void should_list_the_parameters_with_their_defaults() {
    assertThat(Similarities.parameters("mutual-knn")).isEqualTo(Map.of("k", 10.0));
    assertThat(Similarities.parameters("imd")).isEqualTo(Map.of("k", 5.0));
    assertThat(Similarities.parameters("svcca")).isEqualTo(Map.of("variance", 0.99));
    assertThat(Similarities.parameters("gulp")).isEqualTo(Map.of("lambda", 0.01));
    assertThat(Similarities.parameters("cka-rbf")).isEqualTo(Map.of("factor", 1.0));
    assertThat(Similarities.parameters("cka-polynomial-biased")).isEqualTo(Map.of("degree", 3.0));
    assertThat(Similarities.parameters("cka")).isEmpty();
    assertThat(Similarities.parameters("pwcca")).isEmpty();
  }

  @Test
  void should_say_which_names_and_parameters_there_are() {
    assertThatThrownBy(() -> Similarities.named("cosine"))
        .isInstanceOf(IllegalArgumentException.class).hasMessageStartingWith("there is no measure \"cosine\"; there are cca, cka, ");
    assertThatThrownBy(() -> Similarities.parameters("cosine")).hasMessageContaining("no measure \"cosine\"");
    assertThatThrownBy(() -> Similarities.named("mutual-knn", Map.of("neighbours", 3.0)))
        .isInstanceOf(IllegalArgumentException.class).hasMessage("mutual-knn has no parameter neighbours; it has k");
    assertThatThrownBy(() -> Similarities.named("cca", Map.of("k", 3.0))).hasMessage("cca has no parameter k; it has none");
  }

  @ParameterizedTest
  @CsvSource({"mutual-knn, k, 2.5, must be a whole number, but is 2.5", "mutual-knn, k, NaN, must be a whole number, but is NaN",
      "lcs-knn, k, 0, must be at least 1 and below that of samples, but is 0",
      "imd, k, -1, must be at least 1 and below that of samples, but is -1",
      "cknna, k, 0, must be at least 1 and below that of samples, but is 0",
      "second-order-knn, k, 0, must be at least 1 and below that of samples, but is 0",
      "cka-rbf, factor, 0, 'must be a finite number above 0, but is 0.0'",
      "cka-polynomial, degree, 2.5, must be a whole number, but is 2.5",
      "cka-polynomial, degree, 0, a degree of at least 1", "svcca, variance, 0, 'must be in (0, 1], but is 0.0'",
      "svcca, variance, 1.01, 'must be in (0, 1], but is 1.01'", "svcca, variance, NaN, 'must be in (0, 1], but is NaN'",
      "shape-angle, alpha, -0.1, 'must be in [0, 1], but is -0.1'", "shape-angle, alpha, NaN, 'must be in [0, 1], but is NaN'",
      "gulp, lambda, -0.1, 'must be finite and at least 0, but is -0.1'", "gulp, lambda, NaN, 'must be finite and at least 0, but is NaN'"})
  void should_refuse_a_parameter_out_of_its_range(String name, String parameter, double value, String message) {
    assertThatThrownBy(() -> Similarities.named(name, Map.of(parameter, value)))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining(message);
  }

  @ParameterizedTest
  @MethodSource("names")
  void should_refuse_different_samples(String name) {
    assertRefused(name, Features.array(x), Features.array(Features.gaussian(3, 19, 3)), "x is [20, 4], y is [19, 3]");
  }

  @ParameterizedTest
  @MethodSource("names")
  void should_name_the_side_the_row_and_the_column_of_what_is_not_finite(String name) {
    y[7][2] = Double.NaN;
    assertRefused(name, Features.array(x), Features.array(y), "y [20, 3] has 1 that are not, the first is NaN at row 7, column 2");
    x[0][1] = Double.NEGATIVE_INFINITY;
    assertRefused(name, Features.array(x), Features.array(y), "x [20, 4] has 1 that are not, the first is -Infinity at row 0, column 1");
  }

  @ParameterizedTest
  @MethodSource("names")
  void should_refuse_what_is_not_a_matrix_or_empty(String name) {
    assertRefused(name, Nd4j.zeros(DataType.FLOAT, 20, 2, 2), Features.array(y), "features must be [n, d], but x is [20, 2, 2]");
    assertRefused(name, Features.array(x), Nd4j.empty(DataType.FLOAT), "features must be [n, d], but y is");
    assertThatThrownBy(() -> Similarities.named(name).compare(null, Features.array(y)))
        .isInstanceOf(NullPointerException.class).hasMessage("x");
  }

  @ParameterizedTest
  @MethodSource("names")
  void should_refuse_too_few_samples(String name) {
    Map<String, Double> parameters = Similarities.parameters(name);
    int fewest = parameters.containsKey("k") ? parameters.get("k").intValue() + 1
        : name.startsWith("rsa") ? 3 : isCka(name) || name.endsWith("unbiased") ? 4 : 2;
    String message = isCka(name) ? "debiased CKA needs at least %2$d samples, but there are %3$d in x and y"
        : "%s needs at least %d samples, but x and y have %d";

    assertRefused(name, Features.array(Features.gaussian(3, fewest - 1, 3)), Features.array(Features.gaussian(4, fewest - 1, 2)),
        message.formatted(name, fewest, fewest - 1));
  }

  @ParameterizedTest
  @MethodSource("names")
  void should_give_no_value_but_the_reason_if_a_side_is_constant(String name) {
    double[][] constant = new double[20][3];
    for (double[] row : constant) {
      row[1] = 0.1;
    }

    Comparison left = Similarities.named(name).compare(Features.floats(constant), Features.array(x));
    Comparison right = Similarities.named(name).compare(Features.array(x), Features.floats(constant));

    assertThat(left.isDefined()).isFalse();
    assertThat(left.value()).isNaN();
    assertThat(left.warnings()).containsExactly("x is constant over the samples: it has no similarity to anything");
    assertThat(right.isDefined()).isFalse();
    assertThat(right.warnings()).containsExactly("y is constant over the samples: it has no similarity to anything");
  }

  @ParameterizedTest
  @MethodSource("names")
  void should_bear_features_near_both_ends_of_the_range_of_double(String name) {
    if (!Similarities.named(name).traits().invariances().contains(Invariance.ISOTROPIC_SCALING)) {
      return;
    }
    Similarity measure = Similarities.named(name);
    double[][] nothing = new double[20][4];

    double huge = measure.compare(Features.array(Features.plus(nothing, x, 0x1p900)), Features.array(y)).value();
    double tiny = measure.compare(Features.array(Features.plus(nothing, x, 0x1p-900)), Features.array(y)).value();

    double value = measure.compare(Features.array(x), Features.array(y)).value();
    assertThat(huge).isEqualTo(value);
    assertThat(tiny).isEqualTo(value);
  }

  @Test
  void should_compare_as_cka_does_under_its_name() {
    INDArray a = Features.array(x);
    INDArray b = Features.array(y);

    assertThat(Similarities.named("cka").compare(a, b)).isEqualTo(Cka.linear().compare(a, b));
    assertThat(Similarities.named("cka-rbf-biased", Map.of("factor", 0.5)).compare(a, b))
        .isEqualTo(Cka.rbf(Bandwidth.median(0.5)).estimator(HsicEstimator.BIASED).compare(a, b));
    assertThat(Cka.rbf(Bandwidth.fixed(1)).traits().invariances()).doesNotContain(Invariance.ISOTROPIC_SCALING);
    assertThat(Cka.of(Kernel.rbf(Bandwidth.dualMedian())).name()).isEqualTo("cka-rbf");
  }

  @Test
  void should_say_that_a_row_has_no_correlation() {
    x[3] = new double[] {2, 2, 2, 2};

    Comparison c = Rsa.by(Correlation.PEARSON).compare(Features.array(x), Features.array(y));

    assertThat(c.value()).isNaN();
    assertThat(c.warnings()).anyMatch(w -> w.startsWith("row 3 of x is constant over its features"));
  }

  @Test
  void should_say_that_a_row_has_no_direction() {
    y[5] = new double[3];

    for (Similarity measure : Set.of(Neighborhoods.jaccard(3, Proximity.COSINE), Neighborhoods.secondOrder(3))) {
      Comparison c = measure.compare(Features.array(x), Features.array(y));

      assertThat(c.value()).isNaN();
      assertThat(c.warnings()).anyMatch(w -> w.startsWith("row 5 of y is all zero"));
    }
    assertThat(Neighborhoods.jaccard(3, Proximity.EUCLIDEAN).compare(Features.array(x), Features.array(y)).isDefined()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"rsa-euclidean-pearson", "rsa-euclidean-kendall", "distance-correlation-unbiased"})
  void should_say_that_all_distances_are_equal(String name) {
    double[][] simplex = new double[20][20];
    for (int i = 0; i < 20; i++) {
      simplex[i][i] = 3;
    }

    Comparison c = Similarities.named(name).compare(Features.array(simplex), Features.array(y));

    assertThat(c.value()).isNaN();
    assertThat(c.warnings()).containsExactly("all samples of x are equally far apart: there is nothing to correlate");
  }

  @Test
  void should_say_how_little_the_correlation_of_two_features_is() {
    double[][] two = Features.gaussian(5, 20, 2);

    assertThat(Similarities.named("rsa-spearman").compare(Features.array(y), Features.array(two)).warnings())
        .containsExactly("rows of y have 2 features, whose correlation is always 1 or -1: only which of the two is larger is compared");
    assertThat(Similarities.named("rsa-euclidean-spearman").compare(Features.array(y), Features.array(two)).warnings()).isEmpty();
  }

  @Test
  void should_warn_of_correlations_that_are_one_for_lack_of_samples() {
    INDArray wide = Features.array(Features.gaussian(5, 20, 19));

    for (String name : Set.of("cca", "r2-cca", "pwcca")) {
      Comparison c = Similarities.named(name).compare(Features.array(y), wide);

      assertThat(c.value()).isCloseTo(1, within(1e-10));
      assertThat(c.warnings()).anyMatch(w -> w.startsWith("y spans all that 20 samples can"));
    }
    assertThat(LinearPrediction.explainedVariance().compare(Features.array(y), wide).warnings())
        .anyMatch(w -> w.startsWith("y spans all that 20 samples can"));
    assertThat(CanonicalCorrelation.mean().compare(Features.array(x), Features.array(y)).warnings()).isEmpty();
  }

  @Test
  void should_complete_what_an_invariance_implies() {
    assertThat(Traits.similarity(0, 1, Invariance.INVERTIBLE_LINEAR).invariances()).containsExactlyInAnyOrder(
        Invariance.INVERTIBLE_LINEAR, Invariance.ORTHOGONAL, Invariance.PERMUTATION, Invariance.ISOTROPIC_SCALING);
    assertThatThrownBy(() -> Traits.similarity(1, 0)).hasMessage("the range of a measure must not be empty, but is [1.0, 0.0]");
  }

  @Test
  void should_answer_for_a_measure_of_ones_own() {
    Similarity widths = new Measure("width-ratio", "an example", Traits.similarity(0, 1), 2,
        (pair, warn) -> (double) Math.min(pair.x().width(), pair.y().width()) / Math.max(pair.x().width(), pair.y().width()));

    assertThat(widths.compare(Features.array(x), Features.array(y)).value()).isEqualTo(0.75);
  }

  private static boolean isCka(String name) {
    return name.equals("cka") || name.startsWith("cka-");
  }

  private static void assertRefused(String name, INDArray x, INDArray y, String message) {
    assertThatThrownBy(() -> Similarities.named(name).compare(x, y))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining(message);
  }
}
