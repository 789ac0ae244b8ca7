package io.modelweave.cka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.modelweave.cka.kernels.CosineKernel;
import java.util.List;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every kernel by every estimator, each with its standard error, against the sums of the definitions over whole Gram matrices. */
class EstimatorsTest {

  private static final Offset<Double> CLOSE = within(1e-10);
  private static final Offset<Double> CLOSE_ERROR = within(1e-9);

  /** Samples, widths: few of them, odd and even, single columns, more features than samples and fewer. */
  private static final int[][] SHAPES = {{4, 3, 6}, {5, 1, 3}, {6, 2, 9}, {7, 3, 3}, {23, 5, 7}, {24, 40, 3}, {41, 1, 1}};

  private record Case(Kernel kernel, ToDoubleBiFunction<double[], double[]> plain) {

    @Override
    public String toString() {
      return kernel.name();
    }
  }

  static Stream<Case> kernels() {
    return Stream.of(
        new Case(Kernel.linear(), PlainRelatives::inner),
        new Case(Kernel.cosine(), PlainRelatives::cosine),
        new Case(Kernel.polynomial(3), (a, b) -> Math.pow(PlainRelatives.inner(a, b) / a.length + 1, 3)),
        new Case(Kernel.rbf(Bandwidth.fixed(1.5)), (a, b) -> Math.exp(-Math.pow(PlainRelatives.euclidean(a, b), 2) / 4.5)),
        new Case(Kernel.laplacian(Bandwidth.fixed(1.5)), (a, b) -> Math.exp(-PlainRelatives.euclidean(a, b) / 1.5)));
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void should_agree_with_the_definitions_on_related_and_unrelated_sides(Case of) {
    for (int[] shape : SHAPES) {
      if (shape[1] == 1 && of.kernel() instanceof CosineKernel) {
        // Cosines of single columns are 1 and -1: no structure to speak of.
        continue;
      }
      double[][] x = Features.gaussian(shape[0], shape[0], shape[1]);
      double[][] unrelated = Features.gaussian(99, shape[0], shape[2]);
      double[][] related = unrelated.clone();
      for (int i = 0; i < shape[0]; i++) {
        related[i] = unrelated[i].clone();
        related[i][0] += 2 * x[i][0];
      }
      for (double[][] y : List.of(unrelated, related, x)) {
        assertScores(of, x, y);
      }
    }
  }

  private static void assertScores(Case of, double[][] x, double[][] y) {
    double[][] k = PlainCka.gram(x, of.plain());
    double[][] l = PlainCka.gram(y, of.plain());
    for (HsicEstimator estimator : HsicEstimator.values()) {
      for (int tile : new int[] {256, 5}) {
        Score s = Cka.of(of.kernel()).estimator(estimator).computation(Computation.GRAM_SPACE).tile(tile)
            .compare(Features.array(x), Features.array(y));

        String what = "%s of %d samples by %s in tiles of %d".formatted(of, x.length, estimator, tile);
        assertThat(s.status()).as(what).isEqualTo(Score.Status.OK);
        assertThat(s.biased()).as(what).isCloseTo(PlainCka.cka(HsicEstimator.BIASED, k, l), CLOSE);
        assertThat(s.debiased()).as(what).isCloseTo(PlainCka.cka(HsicEstimator.DEBIASED, k, l), CLOSE);
        assertThat(s.lange()).as(what).isCloseTo(PlainCka.cka(HsicEstimator.LANGE, k, l), CLOSE);
        assertThat(s.value()).as(what).isEqualTo(CkaTest.of(s, estimator));
        if (x.length == 4) {
          assertThat(s.warnings()).as(what).contains("no standard error: leaving one of 4 samples out leaves too few");
        } else {
          assertThat(s.standardError()).as(what).isCloseTo(PlainCka.standardError(estimator, k, l), CLOSE_ERROR);
        }
      }
    }
  }
}
