package io.modelweave.cka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.modelweave.core.Activations;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * FLOAT features far from zero, as those of language models are, give the values of DOUBLE features at zero by every way there is: other
 * tools return 0, 1 or NaN from ten standard deviations on.
 */
class OffsetsTest {

  private static final Offset<Double> CLOSE_FLOAT = within(1e-5);
  private static final int N = 96;

  private final double[][] x = Features.gaussian(1, N, 150);
  private final double[][] y = Features.plus(Features.gaussian(2, N, 150), x, 1);

  @ParameterizedTest
  @ValueSource(doubles = {0, 10, 1000})
  void should_compare_by_any_computation_as_double_does(double deviations) {
    for (Kernel kernel : List.of(Kernel.linear(), Kernel.rbf(Bandwidth.median()), Kernel.rbf(Bandwidth.dualMedian()),
        Kernel.laplacian(Bandwidth.median()))) {
      Score exact = Cka.of(kernel).compare(Features.array(x), Features.array(y));
      for (Cka way : ways(kernel)) {
        assertSame(way.compare(far(x, deviations), far(y, deviations)), exact, kernel.name());
      }
    }
  }

  private static List<Cka> ways(Kernel kernel) {
    Cka gram = Cka.of(kernel).computation(Computation.GRAM_SPACE);
    List<Cka> ways = new ArrayList<>(List.of(gram, gram.tile(20), gram.inDouble()));
    if (kernel.name().equals("linear")) {
      ways.add(gram.computation(Computation.FEATURE_SPACE));
    }
    return ways;
  }

  /** Their value changes with the offset; that of the same numbers in DOUBLE is what FLOAT must give. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 10, 1000})
  void should_lose_nothing_of_kernels_that_see_the_offset(double deviations) {
    for (Kernel kernel : List.of(Kernel.polynomial(3), Kernel.cosine())) {
      Score exact = Cka.of(kernel).compare(far(x, deviations).castTo(DataType.DOUBLE), far(y, deviations).castTo(DataType.DOUBLE));

      assertSame(Cka.of(kernel).compare(far(x, deviations), far(y, deviations)), exact, kernel.name());
      assertThat(exact.status()).isEqualTo(Score.Status.OK);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 10, 1000})
  void should_map_layers_as_double_does(double deviations) {
    for (Cka cka : List.of(Cka.linear(), Cka.rbf(Bandwidth.median()))) {
      CkaMatrix exact = cka.heatMap(layers(Features.array(x), 0, N), layers(Features.array(y), 0, N));
      CkaMatrix far = cka.heatMap(layers(far(x, deviations), 0, N), layers(far(y, deviations), 0, N));

      assertSame(far.score(1, 0), exact.score(1, 0), cka.name());
      assertThat(cka.maximum(layers(far(x, deviations), 0, N), layers(far(y, deviations), 0, N), 9, 1).nullMean())
          .isCloseTo(cka.maximum(layers(Features.array(x), 0, N), layers(Features.array(y), 0, N), 9, 1).nullMean(), CLOSE_FLOAT);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 10, 1000})
  void should_add_up_batches_as_double_does(double deviations) {
    Score exact = Cka.linear().compare(Features.array(x), Features.array(y));
    CkaAccumulator sums = CkaAccumulator.linear();
    addBatches(sums, far(x, deviations), far(y, deviations));

    Score streamed = sums.result().score(0, 0);
    assertThat(streamed.value()).isCloseTo(exact.value(), CLOSE_FLOAT);
    assertThat(streamed.biased()).isCloseTo(exact.biased(), CLOSE_FLOAT);
    assertThat(streamed.nullFloor()).isCloseTo(exact.nullFloor(), CLOSE_FLOAT);

    for (Kernel kernel : List.of(Kernel.linear(), Kernel.rbf(Bandwidth.median()), Kernel.laplacian(Bandwidth.median()))) {
      CkaAccumulator near = miniBatches(kernel, Features.array(x), Features.array(y));
      CkaAccumulator far = miniBatches(kernel, far(x, deviations), far(y, deviations));

      assertThat(far.result().value(0, 0)).as(kernel.name()).isCloseTo(near.result().value(0, 0), CLOSE_FLOAT);
    }
  }

  @Test
  void should_have_the_gradient_of_double() {
    for (Cka cka : List.of(Cka.linear(), Cka.rbf(Bandwidth.median()))) {
      try (CkaGradient exact = cka.gradient(Features.array(x), Features.array(y));
          CkaGradient far = cka.gradient(far(x, 1000), far(y, 1000));
          INDArray difference = far.x().castTo(DataType.DOUBLE).sub(exact.x())) {
        assertThat(far.value()).isCloseTo(exact.value(), CLOSE_FLOAT);
        assertThat(difference.amaxNumber().doubleValue()).isLessThan(1e-5 * exact.x().norm2Number().doubleValue());
      }
    }
  }

  private static CkaAccumulator miniBatches(Kernel kernel, INDArray a, INDArray b) {
    CkaAccumulator sums = CkaAccumulator.miniBatches(kernel, BatchWeight.PAIRS, layers(a, 0, N), layers(b, 0, N));
    addBatches(sums, a, b);
    return sums;
  }

  private static void addBatches(CkaAccumulator sums, INDArray a, INDArray b) {
    for (int from = 0; from < N; from += 32) {
      sums.add(layers(a, from, from + 32), layers(b, from, from + 32));
    }
  }

  private static Activations layers(INDArray features, int from, int to) {
    Map<String, INDArray> layers = new LinkedHashMap<>();
    layers.put("whole", HeldFeatures.view(features, new Tile(from, to)).dup());
    layers.put("part", HeldFeatures.view(features, new Tile(from, to)).getColumns(IntStream.range(3, 90).toArray()));
    return Activations.of(layers, IntStream.range(from, to).mapToObj(i -> "s" + i).toList());
  }

  /** FLOAT features whose columns lie up to so many deviations from zero, on either side. */
  private static INDArray far(double[][] features, double deviations) {
    double[][] moved = new double[features.length][features[0].length];
    for (int i = 0; i < moved.length; i++) {
      for (int j = 0; j < moved[i].length; j++) {
        moved[i][j] = features[i][j] + deviations * Math.cos(0.9 * j);
      }
    }
    return Features.floats(moved);
  }

  private static void assertSame(Score actual, Score expected, String what) {
    assertThat(actual.value()).as(what).isCloseTo(expected.value(), CLOSE_FLOAT);
    assertThat(actual.biased()).as(what).isCloseTo(expected.biased(), CLOSE_FLOAT);
    assertThat(actual.lange()).as(what).isCloseTo(expected.lange(), CLOSE_FLOAT);
    assertThat(actual.nullFloor()).as(what).isCloseTo(expected.nullFloor(), CLOSE_FLOAT);
    assertThat(actual.permutationSd()).as(what).isCloseTo(expected.permutationSd(), CLOSE_FLOAT);
    assertThat(actual.standardError()).as(what).isCloseTo(expected.standardError(), CLOSE_FLOAT);
  }
}
