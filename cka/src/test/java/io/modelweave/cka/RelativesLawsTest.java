package io.modelweave.cka;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What every measure declares about itself holds, and what it does not declare does not. */
class RelativesLawsTest {

  private static final int N = 30;
  private static final double CLOSE = 1e-9;
  private static final double DIFFERENT = 1e-4;

  private final double[][] x = Features.gaussian(1, N, 4);
  private final double[][] y = related(2, x, 6, 0.8);

  static Stream<Named<Similarity>> measures() {
    return Similarities.names().stream().map(name -> {
      // With more neighbours the lists of few samples agree too often to tell anything.
      Map<String, Double> parameters = Similarities.parameters(name).containsKey("k") ? Map.of("k", 4.0) : Map.of();
      return Named.of(name, Similarities.named(name, parameters));
    });
  }

  @ParameterizedTest
  @MethodSource("measures")
  void should_not_change_under_what_it_is_declared_invariant_to_and_change_under_all_else(Similarity measure) {
    double value = value(measure, x, y);

    for (Invariance invariance : Invariance.values()) {
      UnaryOperator<double[][]> map = example(invariance);
      double ofX = value(measure, map.apply(x), y);
      double ofY = value(measure, x, map.apply(y));
      if (measure.traits().invariances().contains(invariance)) {
        assertThat(ofX).as("%s of x", invariance).isCloseTo(value, within(CLOSE * Math.max(1, value)));
        assertThat(ofY).as("%s of y", invariance).isCloseTo(value, within(CLOSE * Math.max(1, value)));
      } else {
        assertThat(Math.max(Math.abs(ofX - value), Math.abs(ofY - value))).as(invariance.name()).isGreaterThan(DIFFERENT);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("measures")
  void should_depend_on_which_side_is_x_exactly_if_it_is_declared_to(Similarity measure) {
    double difference = Math.abs(value(measure, x, y) - value(measure, y, x));

    if (measure.traits().symmetric()) {
      assertThat(difference).isLessThan(CLOSE);
    } else {
      assertThat(difference).isGreaterThan(DIFFERENT);
    }
  }

  @ParameterizedTest
  @MethodSource("measures")
  void should_stay_in_its_range(Similarity measure) {
    for (int seed = 0; seed < 10; seed++) {
      double[][] a = Features.gaussian(seed, 6 + seed, 1 + seed);
      for (double[][] b : List.of(Features.gaussian(seed + 100, 6 + seed, 3), related(seed, a, 2 + seed, 0.1), a)) {
        Comparison c = compare(measure, a, b);

        assertThat(c.isDefined()).as("%s", c.warnings()).isEqualTo(!Double.isNaN(c.value()));
        assertThat(c.isDefined() || !c.warnings().isEmpty()).isTrue();
        assertThat(c.value() < measure.traits().lowest() - CLOSE || c.value() > measure.traits().highest() + CLOSE)
            .as("%s of seed %d", c.value(), seed).isFalse();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("measures")
  void should_say_that_more_noise_is_less_similar(Similarity measure) {
    double same = value(measure, x, x);
    double little = value(measure, x, Features.plus(x, Features.gaussian(3, N, 4), 0.4));
    double[][] groups = Features.gaussian(4, N, 4);
    for (int i = 0; i < N; i++) {
      // Of another shape as well, because IMD does not ask which sample is where.
      groups[i][0] += i % 2 == 0 ? 30 : -30;
    }
    double unrelated = value(measure, x, groups);

    int sign = measure.traits().largerIsMoreSimilar() ? 1 : -1;
    assertThat(sign * same).isGreaterThanOrEqualTo(sign * little);
    assertThat(sign * little).isGreaterThan(sign * unrelated);
  }

  @ParameterizedTest
  @MethodSource("measures")
  void should_not_depend_on_the_order_of_the_samples(Similarity measure) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, N).boxed().toList());
    Collections.shuffle(order, new Random(5));

    double shuffled = value(measure, reordered(x, order), reordered(y, order));

    double value = value(measure, x, y);
    assertThat(shuffled).isCloseTo(value, within(CLOSE * Math.max(1, value)));
  }

  @ParameterizedTest
  @MethodSource("measures")
  void should_leave_its_arguments_as_they_are_and_repeat_itself_to_the_bit(Similarity measure) {
    try (INDArray a = Features.floats(x); INDArray b = Features.array(y); INDArray keptA = a.dup(); INDArray keptB = b.dup()) {
      Comparison first = measure.compare(a, b);
      Comparison second = measure.compare(a, b);

      assertThat(first).isEqualTo(second);
      assertThatArray(a).isBitEqualTo(keptA);
      assertThatArray(b).isBitEqualTo(keptB);
      assertThat(List.of(first.n(), first.p(), first.q())).containsExactly(N, 4, 6);
    }
  }

  @ParameterizedTest
  @MethodSource("measures")
  void should_not_lose_digits_to_an_offset_of_a_thousand_deviations_in_float(Similarity measure) {
    if (!measure.traits().invariances().contains(Invariance.TRANSLATION)) {
      return;
    }
    // Multiples of 1/1024, which FLOAT holds exactly with and without the offset.
    double[][] coarse = mapped(x, v -> Math.rint(v * 1024) / 1024);
    double[][] moved = mapped(coarse, v -> v + 1000);

    try (INDArray a = Features.floats(moved); INDArray b = Features.floats(y); INDArray still = Features.floats(coarse)) {
      double value = measure.compare(still, b).value();
      assertThat(measure.compare(a, b).value()).isCloseTo(value, within(CLOSE * Math.max(1, value)));
    }
  }

  @ParameterizedTest
  @MethodSource("measures")
  void should_read_whole_numbers_and_views_of_any_order(Similarity measure) {
    double[][] whole = mapped(x, v -> Math.rint(100 * v));

    try (INDArray a = Features.array(whole); INDArray whole32 = a.castTo(DataType.INT); INDArray b = Features.array(y);
        INDArray transposed = b.transpose().dup('c')) {
      double value = measure.compare(a, b).value();

      assertThat(measure.compare(whole32, transposed.transpose()).value()).isEqualTo(value);
    }
  }

  private static UnaryOperator<double[][]> example(Invariance invariance) {
    return switch (invariance) {
      case PERMUTATION -> m -> timesColumns(m, (from, to) -> to == (from + 1) % m[0].length ? 1 : 0);
      case ORTHOGONAL -> RelativesLawsTest::reflected;
      case ISOTROPIC_SCALING -> m -> mapped(m, v -> 0.01 * v);
      case TRANSLATION -> m -> {
        double[][] moved = mapped(m, v -> v);
        for (double[] row : moved) {
          for (int j = 0; j < row.length; j++) {
            row[j] += 3 - 2 * j;
          }
        }
        return moved;
      };
      case INVERTIBLE_LINEAR -> m -> timesColumns(reflected(m), (from, to) -> from == to ? 1 + 2 * from : from < to ? 0.5 : 0);
    };
  }

  private interface Entry {
    double at(int from, int to);
  }

  private static double[][] timesColumns(double[][] m, Entry entry) {
    double[][] product = new double[m.length][m[0].length];
    for (int i = 0; i < m.length; i++) {
      for (int to = 0; to < m[i].length; to++) {
        for (int from = 0; from < m[i].length; from++) {
          product[i][to] += m[i][from] * entry.at(from, to);
        }
      }
    }
    return product;
  }

  /** Three Householder reflections, which together mix all features. */
  private static double[][] reflected(double[][] m) {
    int d = m[0].length;
    double[][] normals = Features.gaussian(7, 3, d);
    double[][] result = m;
    for (double[] normal : normals) {
      double square = IntStream.range(0, d).mapToDouble(j -> normal[j] * normal[j]).sum();
      result = timesColumns(result, (from, to) -> (from == to ? 1 : 0) - 2 * normal[from] * normal[to] / square);
    }
    return result;
  }

  /** Returns {@code X W + noise}. */
  private static double[][] related(long seed, double[][] x, int q, double noise) {
    double[][] weights = Features.gaussian(seed + 50, x[0].length, q);
    double[][] y = Features.gaussian(seed, x.length, q);
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < q; j++) {
        y[i][j] *= noise;
        for (int k = 0; k < x[i].length; k++) {
          y[i][j] += x[i][k] * weights[k][j];
        }
      }
    }
    return y;
  }

  private static double[][] mapped(double[][] m, DoubleUnaryOperator f) {
    double[][] result = new double[m.length][];
    for (int i = 0; i < m.length; i++) {
      result[i] = Arrays.stream(m[i]).map(f).toArray();
    }
    return result;
  }

  private static double[][] reordered(double[][] m, List<Integer> order) {
    return order.stream().map(i -> m[i]).toArray(double[][]::new);
  }

  private static double value(Similarity measure, double[][] x, double[][] y) {
    Comparison comparison = compare(measure, x, y);
    assertThat(comparison.isDefined()).as("%s", comparison.warnings()).isTrue();
    return comparison.value();
  }

  private static Comparison compare(Similarity measure, double[][] x, double[][] y) {
    try (INDArray a = Features.array(x); INDArray b = Features.array(y)) {
      return measure.compare(a, b);
    }
  }
}
