package io.modelweave.merge;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.checkpoint.ElementType;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The largest entries, against a sort: magnitude first, then index. Lengths span several chunks. */
class TopSelectionTest {

  @ParameterizedTest
  @CsvSource({"F32,70000,1000000,0.3", "F32,70000,50,0.3", "F32,70000,3,0.5", "F32,70000,1,0.25", "F64,40000,1000000,0.7",
      "F64,40000,4,0.2",
      "F32,7,1000,0.5", "F32,50000,1000000,0.99999", "F32,50000,1000000,0.00002", "BF16,50000,100000,0.4",
      "F32,300000,1000000,0.3", "F32,300000,60,0.3", "F32,300000,3,0.3", "F32,300000,1,0.3", "BF16,300000,1000,0.3",
      "F32,300000,1000000,0.00001", "F32,300000,1000000,0.99999"})
  void should_keep_exactly_the_largest_and_equals_from_the_first_on(ElementType type, int length, int distinct, double density) {
    Random random = new Random(length + distinct);
    double[] values = IntStream.range(0, length).mapToDouble(i -> (random.nextBoolean() ? 1
        : -1) * (1 + random.nextInt(distinct)) / 1024.0).toArray();
    PlainCheckpoint base = new PlainCheckpoint().with("w", type, List.of((long) length), new double[length]);
    PlainCheckpoint model = new PlainCheckpoint().with("w", type, List.of((long) length), values);
    double[] stored = PlainCheckpoint.doubles(model, "w");

    Checkpoint merged = Merger.of(model).base(base).method(Ties.density(density).mergekit()).threads(3).merge();

    double[] expected = new double[length];
    IntStream.range(0, length).boxed().sorted(Comparator.comparingDouble((Integer i) -> -Math.abs(stored[i])).thenComparing(i -> i))
        .limit((long) (density * length)).forEach(i -> expected[i] = stored[i]);
    assertThat(Arrays.mismatch(PlainCheckpoint.doubles(merged, "w"), expected)).isEqualTo(-1);
  }

  /** A selection looks at every eighth chunk first, and must not believe it. */
  @ParameterizedTest
  @CsvSource({"0.001,0.3", "1000,0.3", "0,0.3", "0,0.95"})
  void should_not_be_misled_by_a_sample_that_differs_from_the_rest(double scaleOfSample, double density) {
    int chunk = 1 << 14;
    Random random = new Random(1);
    double[] values = IntStream.range(0, 20 * chunk)
        .mapToDouble(i -> (float) (random.nextDouble(-1, 1) * (i / chunk % 8 == 0 ? scaleOfSample : 1))).toArray();
    PlainCheckpoint base = new PlainCheckpoint().with("w", new double[values.length]);
    PlainCheckpoint model = new PlainCheckpoint().with("w", values);

    Checkpoint merged = Merger.of(model).base(base).method(Ties.density(density).mergekit()).threads(2).merge();

    double[] expected = new double[values.length];
    IntStream.range(0, values.length).boxed().sorted(Comparator.comparingDouble((Integer i) -> -Math.abs(values[i])).thenComparing(i -> i))
        .limit((long) (density * values.length)).forEach(i -> expected[i] = values[i]);
    assertThat(Arrays.mismatch(PlainCheckpoint.doubles(merged, "w"), Arrays.stream(expected).map(v -> v + 0.0).toArray())).isEqualTo(-1);
  }

  @ParameterizedTest
  @CsvSource({"0.1", "0.5", "0.9"})
  void should_trim_the_whole_model_at_once_as_the_paper_does(double density) {
    Random random = new Random(1);
    double[] small = random.doubles(30_000, -1, 1).toArray();
    double[] large = random.doubles(20_000, -10, 10).toArray();
    PlainCheckpoint base = new PlainCheckpoint().with("a", new double[small.length]).with("b", new double[large.length]);
    PlainCheckpoint model = new PlainCheckpoint().with("a", small).with("b", large);

    Checkpoint merged = Merger.of(model).base(base).method(Ties.density(density)).merge();

    double[] a = PlainCheckpoint.doubles(merged, "a");
    double[] b = PlainCheckpoint.doubles(merged, "b");
    double cut = Math.min(leastKept(a), leastKept(b));
    assertThat(Arrays.stream(a).filter(value -> value != 0).count() + Arrays.stream(b).filter(value -> value != 0).count())
        .isEqualTo((long) (density * 50_000));
    assertThat(Arrays.stream(PlainCheckpoint.doubles(model, "b")).filter(value -> Math.abs(value) > cut).count())
        .isBetween(Arrays.stream(b).filter(value -> value != 0).count() - 1, Arrays.stream(b).filter(value -> value != 0).count());
  }

  private static double leastKept(double[] values) {
    return Arrays.stream(values).map(Math::abs).filter(value -> value != 0).min().orElse(Double.MAX_VALUE);
  }
}
