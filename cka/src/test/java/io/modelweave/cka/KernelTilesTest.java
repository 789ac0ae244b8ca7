package io.modelweave.cka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.modelweave.core.BatchWorkers;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Tiles that are kept and tiles that are computed again, as they are where there is no memory for all. */
class KernelTilesTest {

  @ParameterizedTest
  @MethodSource
  void should_sum_the_same_whether_tiles_are_kept_or_computed_again(Kernel kernel) {
    double[][] x = Features.gaussian(1, 30, 6);
    double[][] y = Features.plus(Features.gaussian(2, 30, 6), x, 1);
    for (DataType type : new DataType[] {DataType.FLOAT, DataType.DOUBLE}) {
      PairSums kept = sums(kernel, x, y, type, true);
      PairSums again = sums(kernel, x, y, type, false);

      double close = 1e2 * LayerGram.precision(type);
      assertThat(again.whole().unbiased()).isCloseTo(kept.whole().unbiased(), within(close * Math.abs(kept.whole().unbiased())));
      assertThat(again.whole().centered()).isCloseTo(kept.whole().centered(), within(close * kept.whole().centered()));
      assertThat(again.diagonalX()).containsExactly(kept.diagonalX(), within(close * kept.whole().traceX()));
    }
  }

  static Stream<Kernel> should_sum_the_same_whether_tiles_are_kept_or_computed_again() {
    return Stream.of(Kernel.linear(), Kernel.rbf(Bandwidth.median()), Kernel.rbf(Bandwidth.fixed(30)), Kernel.laplacian(Bandwidth.median()),
        Kernel.rbf(Bandwidth.dualMedian()), Kernel.polynomial(3), Kernel.cosine());
  }

  private static PairSums sums(Kernel kernel, double[][] x, double[][] y, DataType type, boolean keep) {
    try (LayerGram k = gram(kernel, x, type, keep); LayerGram l = gram(kernel, y, type, keep)) {
      return GramSweep.of(List.of(k), List.of(l), 7, HsicEstimator.BIASED, BatchWorkers.single()).cross()[0][0];
    }
  }

  private static LayerGram gram(Kernel kernel, double[][] x, DataType type, boolean keep) {
    INDArray array = Features.array(x).castTo(type);
    return LayerGram.of(LayerFeatures.of(kernel, array, "x", type, true), kernel, 7, keep);
  }

  @Test
  void should_keep_tiles_while_there_is_memory_for_them() {
    assertThat(KernelTiles.areKept(1024, 256, 26, DataType.FLOAT)).isTrue();
    assertThat(KernelTiles.areKept(1024, 256, 26, DataType.DOUBLE)).isFalse();
    assertThat(KernelTiles.areKept(50_000, 256, 13, DataType.FLOAT)).isFalse();
    assertThat(KernelTiles.areKept(50_000, 50_000, 2, DataType.FLOAT)).as("asked for").isTrue();
  }

  /** The rule looks at some samples of many: those alone must give the bandwidth of all. */
  @Test
  void should_fit_a_bandwidth_to_the_samples_that_its_rule_looks_at() {
    int n = Bandwidth.MOST_SAMPLES + 100;
    INDArray x = Features.array(Features.gaussian(3, n, 2));

    try (LayerFeatures features = LayerFeatures.of(Kernel.linear(), x, "x", DataType.DOUBLE, false)) {
      INDArray some = features.rows(Bandwidth.median().samples(n));

      assertThat(some.size(0)).isEqualTo(Bandwidth.MOST_SAMPLES);
      assertThat(Bandwidth.median().of(some)).isEqualTo(features.withAll(Bandwidth.median()::of));
      assertThat(Bandwidth.fixed(3).of(features.rows(Bandwidth.fixed(3).samples(n)))).isEqualTo(3);
      assertThat(Bandwidth.halfWidth().of(features.rows(Bandwidth.halfWidth().samples(n)))).isCloseTo(1, within(1e-15));
    }
  }
}
