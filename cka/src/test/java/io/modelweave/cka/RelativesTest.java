package io.modelweave.cka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.modelweave.cka.distances.Correlation;
import io.modelweave.cka.distances.Dissimilarity;
import io.modelweave.cka.distances.DistanceCorrelation;
import io.modelweave.cka.distances.Rsa;
import io.modelweave.cka.linear.CanonicalCorrelation;
import io.modelweave.cka.linear.LinearPrediction;
import io.modelweave.cka.linear.Procrustes;
import io.modelweave.cka.neighbors.IntrinsicDistance;
import io.modelweave.cka.neighbors.NearestNeighborAlignment;
import io.modelweave.cka.neighbors.Neighborhoods;
import io.modelweave.cka.neighbors.Proximity;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The measures other than CKA beside their definitions written out, and in cases that can be had by hand. */
class RelativesTest {

  private static final Offset<Double> CLOSE = within(1e-10);

  @ParameterizedTest
  @CsvSource({"9,2,3", "24,5,7", "40,8,4", "300,6,2"})
  void should_agree_with_normal_equations(int n, int p, int q) {
    double[][] x = Features.gaussian(n, n, p);
    double[][] y = mixed(x, n + 1, q);

    assertThat(value(CanonicalCorrelation.meanSquared(), x, y))
        .isCloseTo(PlainRelatives.meanSquaredCanonicalCorrelation(x, y), CLOSE);
    assertThat(value(LinearPrediction.explainedVariance(), x, y)).isCloseTo(PlainRelatives.explainedVariance(x, y), CLOSE);
    for (double lambda : new double[] {0, 1e-3, 0.3, 10}) {
      assertThat(value(LinearPrediction.gulp(lambda), x, y)).isCloseTo(PlainRelatives.gulp(x, y, lambda), CLOSE);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5, 50})
  void should_agree_with_the_closed_form_of_procrustes_in_the_plane(int n) {
    double[][] x = Features.gaussian(n, n, 2);
    double[][] y = mixed(x, n + 1, 2);

    double c = PlainRelatives.procrustesOfPlanes(x, y);

    assertThat(value(Procrustes.cosine(), x, y)).isCloseTo(c, CLOSE);
    assertThat(value(Procrustes.bures(), x, y)).isCloseTo(c, CLOSE);
    // Small distances have more digits than the root of a difference.
    assertThat(Math.pow(value(Procrustes.distance(), x, y), 2)).isCloseTo(2 - 2 * c, CLOSE);
    assertThat(Math.cos(value(Procrustes.angle(), x, y))).isCloseTo(c, CLOSE);
  }

  /** For columns that are orthogonal the whitening is a scale of each, and {@code Q} is found as in the plane. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.25, 0.9, 1})
  void should_whiten_orthogonal_columns_by_their_lengths(double alpha) {
    double[][] x = {{3, 0}, {-3, 0}, {0, 0.5}, {0, -0.5}, {0, 0}};
    double[][] y = Features.gaussian(3, 5, 2);
    double[][] orthogonal = {{y[0][0], -1}, {y[0][0], 1}, {y[1][0], -2}, {y[1][0], 2}, {-2 * (y[0][0] + y[1][0]), 0}};

    double c = PlainRelatives.procrustesOfPlanes(scaledByLength(x, alpha), scaledByLength(orthogonal, alpha));

    assertThat(value(Procrustes.shapeAngle(alpha), x, orthogonal)).isCloseTo(Math.acos(c), CLOSE);
  }

  private static double[][] scaledByLength(double[][] x, double alpha) {
    double[] factors = IntStream.range(0, 2).mapToDouble(j -> Math.sqrt(Arrays.stream(x).mapToDouble(r -> r[j] * r[j]).sum()))
        .map(length -> alpha + (1 - alpha) / length).toArray();
    return Arrays.stream(x).map(r -> new double[] {r[0] * factors[0], r[1] * factors[1]}).toArray(double[][]::new);
  }

  @Test
  void should_be_between_procrustes_and_canonical_correlation() {
    double[][] x = Features.gaussian(1, 30, 3);
    double[][] y = mixed(x, 2, 5);

    assertThat(value(Procrustes.shapeAngle(1), x, y)).isCloseTo(value(Procrustes.angle(), x, y), CLOSE);
    assertThat(value(Procrustes.shapeAngle(0), x, y))
        .isCloseTo(Math.acos(3 * value(CanonicalCorrelation.mean(), x, y) / Math.sqrt(15)), CLOSE);
    assertThat(Procrustes.shapeAngle(0).traits().invariances()).contains(Invariance.INVERTIBLE_LINEAR);
    assertThat(Procrustes.shapeAngle(1).traits()).isEqualTo(Procrustes.angle().traits());
  }

  @ParameterizedTest
  @ValueSource(doubles = {0x1p900, 0x1p-900})
  void should_whiten_features_near_both_ends_of_the_range_of_double(double unit) {
    double[][] x = Features.gaussian(1, 30, 3);
    double[][] y = Features.gaussian(2, 30, 3);
    double[][] nothing = new double[30][3];

    double limit = value(unit > 1 ? Procrustes.angle() : Procrustes.shapeAngle(0), x, y);

    assertThat(value(Procrustes.shapeAngle(0.5), Features.plus(nothing, x, unit), Features.plus(nothing, y, unit))).isCloseTo(limit, CLOSE);
  }

  @Test
  void should_see_that_features_are_a_rotation_of_others_to_all_digits() {
    double[][] x = Features.gaussian(1, 30, 2);
    double[][] turned = Arrays.stream(x).map(r -> new double[] {0.6 * r[0] - 0.8 * r[1] + 5, 0.8 * r[0] + 0.6 * r[1], 0, 7})
        .toArray(double[][]::new);

    for (Similarity distance : List.of(Procrustes.distance(), Procrustes.angle(), Procrustes.sizeAndShape())) {
      assertThat(value(distance, x, turned)).isCloseTo(0, within(1e-13));
      assertThat(value(distance, turned, x)).isCloseTo(0, within(1e-13));
    }
    assertThat(value(Procrustes.cosine(), x, turned)).isCloseTo(1, within(1e-14));
  }

  @Test
  void should_measure_size_and_shape_in_the_unit_of_the_features() {
    double[][] x = Features.column(-1, 1);
    double[][] y = Features.column(3, -3);

    assertThat(value(Procrustes.sizeAndShape(), x, y)).isCloseTo(2 * Math.sqrt(2), CLOSE);
    assertThat(value(Procrustes.distance(), x, y)).isCloseTo(0, CLOSE);
  }

  @Test
  void should_not_depend_on_which_side_has_more_features_than_samples() {
    double[][] narrow = Features.gaussian(1, 12, 3);
    double[][] wide = Features.gaussian(2, 12, 50);

    for (Similarity measure : List.of(Procrustes.cosine(), Procrustes.distance(), Procrustes.angle(), Procrustes.sizeAndShape(),
        LinearPrediction.gulp(0.1))) {
      assertThat(value(measure, narrow, wide)).as(measure.name()).isCloseTo(value(measure, wide, narrow), CLOSE);
    }
  }

  @Test
  void should_leave_directions_out_that_are_only_rounding() {
    double[][] x = Features.gaussian(1, 40, 3);
    double[][] y = mixed(x, 2, 4);
    double[][] repeated = Arrays.stream(x).map(r -> new double[] {r[0], r[1], r[2], r[0] + r[1], 3 * r[2], 1})
        .toArray(double[][]::new);

    for (Similarity measure : List.of(CanonicalCorrelation.mean(), CanonicalCorrelation.meanSquared(), LinearPrediction.gulp(0))) {
      assertThat(value(measure, repeated, y)).as(measure.name()).isCloseTo(value(measure, x, y), CLOSE);
    }
    assertThat(value(LinearPrediction.explainedVariance(), y, repeated))
        .isCloseTo(value(LinearPrediction.explainedVariance(), y, x), CLOSE);
  }

  @Test
  void should_return_the_absolute_correlation_of_single_columns() {
    double[] a = {0, 1, 2, 3, 4};
    double[] b = {0, -1, -4, -9, -16};
    double r = Math.abs(PlainRelatives.pearson(a, b));

    for (Similarity measure : List.of(CanonicalCorrelation.mean(), CanonicalCorrelation.ofPrincipalDirections(0.99),
        CanonicalCorrelation.projectionWeighted(), Procrustes.cosine())) {
      assertThat(value(measure, Features.column(a), Features.column(b))).as(measure.name()).isCloseTo(r, CLOSE);
    }
    assertThat(value(LinearPrediction.explainedVariance(), Features.column(a), Features.column(b))).isCloseTo(r * r, CLOSE);
  }

  @ParameterizedTest
  @CsvSource({"3,4,5", "24,5,7", "8,20,12", "300,3,2"})
  void should_agree_with_rsa_over_all_pairs(int n, int p, int q) {
    double[][] x = Features.gaussian(n, n, p);
    double[][] y = mixed(x, n + 1, q);

    assertRsa(x, y, Dissimilarity.CORRELATION, PlainRelatives::correlationDistance, n < 50);
    assertRsa(x, y, Dissimilarity.EUCLIDEAN, PlainRelatives::euclidean, n < 50);
    assertRsa(x, y, Dissimilarity.SQUARED_EUCLIDEAN, (a, b) -> Math.pow(PlainRelatives.euclidean(a, b), 2), n < 50);
  }

  /** Whole numbers, so that equal distances are equal on both routes. */
  @Test
  void should_share_the_ranks_of_equal_distances() {
    double[][] x = mapped(Features.gaussian(1, 15, 2));
    double[][] y = mapped(Features.gaussian(2, 15, 1));

    assertRsa(x, y, Dissimilarity.SQUARED_EUCLIDEAN, (a, b) -> Math.rint(Math.pow(PlainRelatives.euclidean(a, b), 2)), true);
  }

  /** Ranks of what rounding leaves of distances that are exactly 0 and 2 would be noise. */
  @Test
  void should_share_the_ranks_of_correlations_of_exactly_one_and_minus_one() {
    double[][] pairs = Features.gaussian(3, 30, 2);
    double[][] proportional = new double[30][5];
    double[] pattern = {3, -1, 0, 4, -7};
    double[][] other = Features.gaussian(4, 30, 3);
    for (int i = 0; i < 30; i++) {
      for (int j = 0; j < 2; j++) {
        pairs[i][j] = 1e3 * pairs[i][0] + pairs[i][j] * Math.pow(10, i % 13 - 6);
      }
      for (int j = 0; j < 5; j++) {
        proportional[i][j] = i * i + (i % 3 == 0 ? -1 : 1) * (1 + i % 7) * pattern[j];
      }
    }

    assertRsa(pairs, other, Dissimilarity.CORRELATION, RelativesTest::ofSigns, true);
    assertRsa(proportional, other, Dissimilarity.CORRELATION, RelativesTest::ofSigns, true);
    assertRsa(proportional, pairs, Dissimilarity.CORRELATION, RelativesTest::ofSigns, true);
  }

  /** The correlation distance, exactly where it can only be 0 or 2. */
  private static double ofSigns(double[] a, double[] b) {
    return a.length == 3 ? PlainRelatives.correlationDistance(a, b) : Math.signum(a[0] - a[1]) == Math.signum(b[0] - b[1]) ? 0 : 2;
  }

  private static void assertRsa(
      double[][] x, double[][] y, Dissimilarity dissimilarity, ToDoubleBiFunction<double[], double[]> distance, boolean ranks) {
    double[] a = PlainRelatives.pairs(x, distance);
    double[] b = PlainRelatives.pairs(y, distance);
    assertThat(value(Rsa.by(Correlation.PEARSON, dissimilarity), x, y)).isCloseTo(PlainRelatives.pearson(a, b), CLOSE);
    // All pairs of all pairs are too many for large n.
    if (ranks) {
      assertThat(value(Rsa.by(Correlation.SPEARMAN, dissimilarity), x, y)).isCloseTo(PlainRelatives.spearman(a, b), CLOSE);
      assertThat(value(Rsa.by(Correlation.KENDALL, dissimilarity), x, y)).isCloseTo(PlainRelatives.kendall(a, b), CLOSE);
    }
  }

  @Test
  void should_keep_the_digits_of_distances_that_are_small_beside_the_norms() {
    double[][] x = Features.gaussian(1, 20, 3);
    // Two groups far apart, whose members differ in the eighth digit.
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < 3; j++) {
        x[i][j] = (i % 2 == 0 ? 1 : -1) + 0x1p-26 * Math.rint(100 * x[i][j]) / 100;
      }
    }
    double[][] y = Features.gaussian(2, 20, 3);

    double[] a = PlainRelatives.pairs(x, PlainRelatives::euclidean);
    double[] b = PlainRelatives.pairs(y, PlainRelatives::euclidean);

    // The differences between groups are beyond DOUBLE on either route, and so are the ranks of their pairs.
    assertThat(value(Rsa.by(Correlation.PEARSON, Dissimilarity.EUCLIDEAN), x, y)).isCloseTo(PlainRelatives.pearson(a, b), CLOSE);
    assertThat(value(DistanceCorrelation.biased(), x, y)).isCloseTo(PlainRelatives.distanceCorrelation(x, y), CLOSE);
  }

  @ParameterizedTest
  @CsvSource({"2,1,1", "24,5,7", "8,20,12", "300,3,2"})
  void should_agree_with_distance_correlation_written_out(int n, int p, int q) {
    double[][] x = Features.gaussian(n, n, p);
    double[][] y = mixed(x, n + 1, q);

    assertThat(value(DistanceCorrelation.biased(), x, y)).isCloseTo(PlainRelatives.distanceCorrelation(x, y), CLOSE);
  }

  @Test
  void should_find_no_distance_correlation_of_two_crossed_factors() {
    double[][] x = Features.column(1, 1, -1, -1);
    double[][] y = Features.column(1, -1, 1, -1);

    assertThat(value(DistanceCorrelation.biased(), x, y)).isCloseTo(0, within(1e-7));
  }

  @ParameterizedTest
  @CsvSource({"12,3,5,1", "24,5,7,6", "8,20,12,7", "300,4,6,5"})
  void should_agree_with_the_comparison_of_fully_sorted_neighbours(int n, int p, int q, int k) {
    double[][] x = Features.gaussian(n, n, p);
    double[][] y = mixed(x, n + 1, q);

    assertNeighbors(x, y, k, Proximity.INNER_PRODUCT, PlainRelatives::inner);
    assertNeighbors(x, y, k, Proximity.COSINE, PlainRelatives::cosine);
    assertNeighbors(x, y, k, Proximity.EUCLIDEAN, (a, b) -> -PlainRelatives.euclidean(a, b));
  }

  private static void assertNeighbors(
      double[][] x, double[][] y, int k, Proximity proximity, ToDoubleBiFunction<double[], double[]> plain) {
    int n = x.length;
    int[][] a = PlainRelatives.neighbors(x, k, plain);
    int[][] b = PlainRelatives.neighbors(y, k, plain);
    assertThat(value(Neighborhoods.mutual(k, proximity), x, y))
        .isCloseTo(PlainRelatives.mean(n, i -> PlainRelatives.shared(a[i], b[i]) / (double) k), CLOSE);
    assertThat(value(Neighborhoods.cycle(k, proximity), x, y)).isCloseTo(PlainRelatives.mean(n,
        i -> IntStream.of(b[i]).anyMatch(j -> PlainRelatives.contains(a[j], i)) ? 1 : 0), CLOSE);
    assertThat(value(Neighborhoods.longestCommonSubsequence(k, proximity), x, y))
        .isCloseTo(PlainRelatives.mean(n, i -> PlainRelatives.longestCommonSubsequence(a[i], 0, b[i], 0)), CLOSE);
    assertThat(value(Neighborhoods.edit(k, proximity), x, y))
        .isCloseTo(1 - PlainRelatives.mean(n, i -> PlainRelatives.levenshtein(a[i], 0, b[i], 0)) / k, CLOSE);
    assertThat(value(Neighborhoods.jaccard(k, proximity), x, y)).isCloseTo(PlainRelatives.mean(n, i -> {
      int shared = PlainRelatives.shared(a[i], b[i]);
      return shared / (2.0 * k - shared);
    }), CLOSE);
  }

  /** Neighbours of sample 0 are 1, 2 for x and 2, 1 for y; of the others as on a line. */
  @Test
  void should_return_what_can_be_had_by_hand_for_three_points_on_a_line() {
    double[][] x = Features.column(0, 1, 3);
    double[][] y = Features.column(0, 3, 1);

    // Lists of x: 0: 1,2; 1: 0,2; 2: 1,0. Lists of y: 0: 2,1; 1: 2,0; 2: 0,1.
    assertThat(value(Neighborhoods.mutual(2, Proximity.EUCLIDEAN), x, y)).isEqualTo(1);
    assertThat(value(Neighborhoods.mutual(1, Proximity.EUCLIDEAN), x, y)).isZero();
    assertThat(value(Neighborhoods.longestCommonSubsequence(2, Proximity.EUCLIDEAN), x, y)).isEqualTo(1);
    assertThat(value(Neighborhoods.edit(2, Proximity.EUCLIDEAN), x, y)).isEqualTo(0);
    // Ranks 1 and 2 swapped, twice: 2·2/((1 + 1)(1 + 2)), over 1 + 1/2.
    assertThat(value(Neighborhoods.rank(2, Proximity.EUCLIDEAN), x, y)).isCloseTo(2.0 / 3 / 1.5, CLOSE);
    assertThat(value(Neighborhoods.rank(2, Proximity.EUCLIDEAN), x, x)).isCloseTo(1, CLOSE);
    assertThat(value(Neighborhoods.jaccard(1, Proximity.EUCLIDEAN), x, y)).isZero();
  }

  @Test
  void should_take_the_lower_index_of_samples_that_are_equally_near() {
    double[][] square = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
    double[][] line = Features.column(0, 1, 20, 3);

    // The first neighbours are 1, 0, 1, 0 on the square and 1, 0, 3, 1 on the line.
    assertThat(value(Neighborhoods.mutual(1, Proximity.EUCLIDEAN), square, line)).isEqualTo(0.5);
  }

  @ParameterizedTest
  @CsvSource({"12,3,5,4", "24,5,7,6", "40,20,12,15"})
  void should_agree_with_cknna_of_whole_matrices(int n, int p, int q, int k) {
    double[][] x = Features.gaussian(n, n, p);
    double[][] y = mixed(x, n + 1, q);

    assertThat(value(NearestNeighborAlignment.symmetric(k), x, y)).isCloseTo(PlainRelatives.cknna(x, y, k, true, 0), CLOSE);
    assertThat(value(NearestNeighborAlignment.symmetric(k), x, x)).isCloseTo(1, CLOSE);
    assertThat(value(NearestNeighborAlignment.platonic(k), x, y)).isCloseTo(PlainRelatives.cknna(x, y, k, false, 1e-6), CLOSE);
  }

  @Test
  void should_be_the_unbiased_cka_of_uncentred_products_if_all_are_neighbours() {
    double[][] x = Features.gaussian(1, 12, 3);
    double[][] y = mixed(x, 2, 4);

    double cka = Cka.linear().compare(Features.array(x), Features.array(y)).value();

    assertThat(value(NearestNeighborAlignment.symmetric(11), x, y)).isCloseTo(cka, CLOSE);
  }

  @ParameterizedTest
  @CsvSource({"8,20,12,1", "24,5,7,5", "30,2,2,29"})
  void should_agree_with_imd_by_jacobi_rotations(int n, int p, int q, int k) {
    double[][] x = Features.gaussian(n, n, p);
    double[][] y = Features.gaussian(n + 1, n, q);

    assertThat(value(IntrinsicDistance.exact(k), x, y)).isCloseTo(PlainRelatives.intrinsicDistance(x, y, k), within(1e-8));
  }

  private static double[][] mixed(double[][] x, long seed, int q) {
    double[][] y = Features.gaussian(seed, x.length, q);
    for (int i = 0; i < y.length; i++) {
      for (int j = 0; j < q; j++) {
        y[i][j] += x[i][j % x[i].length];
      }
    }
    return y;
  }

  private static double[][] mapped(double[][] x) {
    return Arrays.stream(x).map(row -> Arrays.stream(row).map(v -> Math.rint(2 * v)).toArray()).toArray(double[][]::new);
  }

  private static double value(Similarity measure, double[][] x, double[][] y) {
    try (INDArray a = Features.array(x); INDArray b = Features.array(y)) {
      return measure.compare(a, b).value();
    }
  }
}
