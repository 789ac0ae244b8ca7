package io.modelweave.cka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Numbers of others, and of an independent NumPy implementation on closed-form features, for the measures other than CKA. */
class RelativesPublishedValuesTest {

  private static final Offset<Double> CLOSE = within(1e-10);
  private static final double CLOSE_FLOAT = 1e-5;

  private final double[][] x1 = Features.sines(24, 5);
  private final double[][] y1 = Features.cosinesOn(x1, 7);
  private final double[][] x2 = Features.sines(8, 20);
  private final double[][] y2 = Features.cosinesOn(x2, 12);

  @ParameterizedTest
  @CsvSource({
      "cca, 0.883563475201, 1",
      "r2-cca, 0.804941145027, 1",
      "svcca, 0.858326514693, 1",
      "pwcca, 0.926668743403, 1",
      "procrustes, 0.713435161522, 0.725680900844",
      "nbs, 0.713435161522, 0.725680900844",
      "procrustes-angle, 0.776407949292, 0.758772812025",
      "procrustes-distance, 0.757053285413, 0.740701153174",
      "size-and-shape, 7.149193576824, 6.213002755672",
      "regression, 0.928469178667, 1",
      "rsa-pearson, 0.470823816104, 0.090157614412",
      "rsa-spearman, 0.461623549892, 0.007115489874",
      "rsa-kendall, 0.318208168643, 0.021164021164",
      "rsa-euclidean-pearson, 0.363916058976, -0.020035107888",
      "rsa-euclidean-spearman, 0.365183715986, -0.038314176245",
      "distance-correlation, 0.790380610822, 0.891550190241",
      "distance-correlation-unbiased, 0.413492784913, -0.112968049708"})
  void should_return_the_values_of_measures_without_parameters(String name, double moreSamples, double fewerSamples) {
    Similarity measure = Similarities.named(name);

    assertValue(measure, x1, y1, moreSamples);
    assertValue(measure, x2, y2, fewerSamples);
  }

  @ParameterizedTest
  @CsvSource({"pwcca, 0.895463322521, 1", "regression, 0.648135326904, 1"})
  void should_return_the_values_of_directed_measures_the_other_way(String name, double moreSamples, double fewerSamples) {
    assertValue(Similarities.named(name), y1, x1, moreSamples);
    assertValue(Similarities.named(name), y2, x2, fewerSamples);
  }

  @ParameterizedTest
  @CsvSource({"0.99, 0.858326514693, 1", "0.90, 0.754624451370, 0.977733940253"})
  void should_return_svcca_by_share_of_variance(double variance, double moreSamples, double fewerSamples) {
    Similarity svcca = Similarities.named("svcca", Map.of("variance", variance));

    assertValue(svcca, x1, y1, moreSamples);
    assertValue(svcca, x2, y2, fewerSamples);
  }

  @ParameterizedTest
  @CsvSource({"0, 3.950588549727", "0.01, 2.286329644743", "1, 0.145755442283"})
  void should_return_gulp_by_lambda(double lambda, double expected) {
    assertValue(Similarities.named("gulp", Map.of("lambda", lambda)), x1, y1, expected);
  }

  @Test
  void should_return_imd_of_exact_eigenvalues() {
    // Printed with nine decimals.
    assertThat(value(Similarities.named("imd", Map.of("k", 5.0)), x1, y1)).isCloseTo(68.785512221, within(6e-10));
    assertThat(value(Similarities.named("imd", Map.of("k", 3.0)), x2, y2)).isCloseTo(177.140946079, within(6e-10));
  }

  @ParameterizedTest
  @CsvSource({
      "mutual-knn, 0.263888888889, 0.475, 0.5, 0.65",
      "cycle-knn, 0.625, 1, 0.875, 1",
      "lcs-knn, 0.75, 1.791666666667, 1.25, 2.125",
      "edit-knn, 0.083333333333, 0.083333333333, 0.166666666667, 0.225",
      "cknna, 0.159323493490, 0.448704676866, -0.156835176122, 0.120797177813"})
  void should_return_the_values_of_three_and_five_neighbours(
      String name, double three, double five, double threeOfFew, double fiveOfFew) {
    assertValue(Similarities.named(name, Map.of("k", 3.0)), x1, y1, three);
    assertValue(Similarities.named(name, Map.of("k", 5.0)), x1, y1, five);
    assertValue(Similarities.named(name, Map.of("k", 3.0)), x2, y2, threeOfFew);
    assertValue(Similarities.named(name, Map.of("k", 5.0)), x2, y2, fiveOfFew);
  }

  @ParameterizedTest
  @CsvSource({
      "cycle-knn, 0.583333333333, 0.875, 0.75, 1",
      "cknna, 0.155686531915, 0.446060898613, -0.208628028429, -0.092476561577"})
  void should_return_the_values_of_neighbours_the_other_way(
      String name, double three, double five, double threeOfFew, double fiveOfFew) {
    assertOfNeighbors(name, 3, y1, x1, three);
    assertOfNeighbors(name, 5, y1, x1, five);
    assertOfNeighbors(name, 3, y2, x2, threeOfFew);
    assertOfNeighbors(name, 5, y2, x2, fiveOfFew);
  }

  @ParameterizedTest
  @CsvSource({
      "jaccard-knn, 0.313657407407, 0.517857142857",
      "rank-knn, 0.218892255892, 0.388175324675",
      "second-order-knn, 0.631148260445, 0.891511938255",
      "second-order-knn-of-cosines, 0.337178228069, 0.135641741158"})
  void should_return_the_values_of_five_neighbours_by_cosine(String name, double moreSamples, double fewerSamples) {
    assertOfNeighbors(name, 5, x1, y1, moreSamples);
    assertOfNeighbors(name, 5, x2, y2, fewerSamples);
  }

  /** Kornblith et al. 2019, the notebook: 0.54312 for features that are not centred. */
  @Test
  void should_return_what_the_authors_of_cka_print_for_cca() {
    MersenneNormals random = new MersenneNormals(1337);
    double[][] x = random.matrix(100, 10);
    double[][] y = Features.plus(random.matrix(100, 10), x, 1);

    assertValue(Similarities.named("r2-cca-uncentered"), x, y, 0.543123855931);
    assertValue(Similarities.named("r2-cca"), x, y, 0.545396332191);
  }

  private static void assertOfNeighbors(String name, double k, double[][] x, double[][] y, double expected) {
    assertValue(Similarities.named(name, Map.of("k", k)), x, y, expected);
  }

  private static void assertValue(Similarity measure, double[][] x, double[][] y, double expected) {
    assertThat(value(measure, x, y)).as(measure.name()).isCloseTo(expected, CLOSE);
    try (INDArray left = Features.floats(x); INDArray right = Features.floats(y)) {
      assertThat(measure.compare(left, right).value()).as(measure.name() + " of FLOAT")
          .isCloseTo(expected, within(CLOSE_FLOAT * Math.max(1, Math.abs(expected))));
    }
  }

  private static double value(Similarity measure, double[][] x, double[][] y) {
    try (INDArray left = Features.array(x); INDArray right = Features.array(y)) {
      return measure.compare(left, right).value();
    }
  }
}
