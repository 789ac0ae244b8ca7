package io.modelweave.merge;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.merge.method.Inputs;
import io.modelweave.merge.method.MergeMethod;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds whatever the numbers: over seeded random tensors of [37, 53], two models and a base, or three. */
class MergeLawsTest {

  private static final List<Long> SHAPE = List.of(37L, 53L);
  private static final double ROUNDING = 1e-6;

  private final Checkpoint base = random(1, 0.02, null);
  private final Checkpoint a = random(2, 1e-3, base);
  private final Checkpoint b = random(3, 1e-3, base);
  private final Checkpoint c = random(4, 1e-3, base);

  static Stream<Arguments> everyMethod() {
    return Mergekit.names().stream().flatMap(name -> Stream.of(Arguments.of(name, Mergekit.method(name))));
  }

  static Stream<MergeMethod> weightedByTaskVector() {
    return Stream.of(new TaskArithmetic(), Ties.density(0.4), Ties.density(0.4).mergekit(), Dare.density(0.4), Dare.density(0.4)
        .withSignElection(),
        Dare.density(0.4).mergekit(), Della.density(0.4), Della.density(0.4).mergekit(), Della.density(0.4).withoutSignElection(),
        Breadcrumbs.density(0.4), Breadcrumbs.density(0.4).withSignElection());
  }

  @ParameterizedTest
  @EnumSource(value = ElementType.class, names = {"F16", "BF16", "F32", "F64"})
  void should_return_the_model_that_has_all_the_weight_bit_for_bit(ElementType type) {
    PlainCheckpoint x = new PlainCheckpoint().with("w", type, List.of(4L), -0.0, 1 / 3.0, -1e-7, 60000);
    PlainCheckpoint y = new PlainCheckpoint().with("w", type, List.of(4L), 5, -7, 1e-3, 11);
    PlainCheckpoint zero = new PlainCheckpoint().with("w", type, List.of(4L), 1, 2, 3, 4);

    assertThat(Merger.of(x, y).weights(1, 0).merge().raw("w")).isEqualTo(x.raw("w"));
    assertThat(Merger.of(x, y).weights(0, 1).merge().raw("w")).isEqualTo(y.raw("w"));
    assertThat(Merger.of(x).weights(3).merge().raw("w")).isEqualTo(x.raw("w"));
    assertThat(Merger.of(x, y).base(zero).method(new TaskArithmetic()).weights(1, 0).merge().raw("w")).isEqualTo(x.raw("w"));
    assertThat(PlainCheckpoint.doubles(Merger.of(x).base(zero).method(Ties.density(1)).merge(), "w")).usingElementComparator((p, q) ->
        Double.compare(p + 0.0, q + 0.0))
        .containsExactly(PlainCheckpoint.doubles(x, "w")); // zero may lose its sign
    assertThat(Merger.of(x).method(new Passthrough()).merge().raw("w")).isEqualTo(x.raw("w"));
    assertThat(Merger.of(x).method(new Karcher()).merge().raw("w")).isEqualTo(x.raw("w"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"slerp", "linear", "nuslerp"})
  void should_return_either_end(String name) {
    Merge merge = Merger.of(a, b).method(Mergekit.method(name));

    assertThat(merge.alpha(0).merge().raw("w")).isEqualTo(a.raw("w"));
    assertThat(merge.alpha(1).merge().raw("w")).isEqualTo(b.raw("w"));
  }

  @ParameterizedTest
  @MethodSource("weightedByTaskVector")
  void should_return_the_base_when_lambda_is_zero(MergeMethod method) {
    assertThat(Merger.of(a, b).base(base).method(method).set("lambda", 0).merge().raw("w")).isEqualTo(base.raw("w"));
  }

  @ParameterizedTest
  @MethodSource("weightedByTaskVector")
  void should_return_the_base_when_models_are_the_base(MergeMethod method) {
    assertThat(PlainCheckpoint.doubles(Merger.of(base, base).base(base).method(method).merge(), "w"))
        .containsExactly(PlainCheckpoint.doubles(base, "w"),
        Offset.offset(1e-9));
  }

  @ParameterizedTest
  @MethodSource("everyMethod")
  void should_not_depend_on_threads_and_leave_its_inputs_alone(String name, MergeMethod method) {
    Checkpoint large = large(5);
    Checkpoint other = large(6);
    Checkpoint ancestor = large(7);
    byte[] before = large.raw("w").array().clone();
    UnaryOperator<Merge> settings = merge -> merge.seed(9).set("density", 0.4);
    Merge merge = needed(method, large, other, ancestor);
    Merge ready = method.parameters().stream().anyMatch(parameter -> parameter.name().equals("density")) ? settings.apply(merge)
        : merge.seed(9);

    Checkpoint one = ready.threads(1).merge();
    Checkpoint three = ready.threads(3).merge();

    assertThat(three.raw("w")).isEqualTo(one.raw("w"));
    assertThat(large.raw("w").array()).isEqualTo(before);
    assertThat(PlainCheckpoint.doubles(one, "w")).doesNotContain(Double.NaN);
  }

  @ParameterizedTest
  @ValueSource(strings = {"linear", "karcher", "multislerp", "task_arithmetic", "ties", "breadcrumbs_ties", "model_stock", "sce", "ram",
      "ramplus_tl"})
  void should_not_depend_on_the_order_of_the_models(String name) {
    MergeMethod method = Mergekit.method(name);
    boolean weighted = method.parameters().stream().anyMatch(parameter -> parameter.name().equals("weight"));
    boolean dense = method.parameters().stream().anyMatch(parameter -> parameter.name().equals("density"));
    UnaryOperator<Merge> settings = merge -> {
      Merge based = method.inputs().base() == Inputs.Base.REQUIRED ? merge.base(base) : merge;
      return dense ? based.method(method).set("density", 0.4) : based.method(method);
    };
    Merge forth = settings.apply(Merger.of(a, b, c));
    Merge back = settings.apply(Merger.of(c, a, b));

    double[] first = PlainCheckpoint.doubles((weighted ? forth.weights(0.5, 0.3, 0.2) : forth).merge(), "w");
    double[] second = PlainCheckpoint.doubles((weighted ? back.weights(0.2, 0.5, 0.3) : back).merge(), "w");

    assertThat(second).containsExactly(first);
  }

  @ParameterizedTest
  @ValueSource(strings = {"task_arithmetic", "ties"})
  void should_cancel_task_vectors_that_oppose_each_other(String name) {
    double[] center = PlainCheckpoint.doubles(base, "w");
    double[] plus = PlainCheckpoint.doubles(a, "w");
    double[] minus = new double[plus.length];
    for (int i = 0; i < minus.length; i++) {
      minus[i] = 2 * center[i] - plus[i];
    }
    Checkpoint negated = new PlainCheckpoint().with("w", ElementType.F64, SHAPE, minus);
    MergeMethod method = name.equals("ties") ? Ties.density(0.4) : new TaskArithmetic();

    double[] merged = PlainCheckpoint.doubles(Merger.of(a, negated).base(base).type(ElementType.F32).method(method).weights(0.5, 0.5)
        .merge(), "w");

    for (int i = 0; i < merged.length; i++) {
      assertThat(Math.abs(merged[i] - center[i])).isLessThanOrEqualTo(ROUNDING * Math.abs(center[i]));
    }
  }

  @ParameterizedTest
  @EnumSource(value = ElementType.class, names = {"F16", "BF16", "F32"})
  void should_round_the_exact_result_once(ElementType type) {
    Random random = new Random(8);
    PlainCheckpoint[] models = new PlainCheckpoint[4];
    BigDecimal[] exact = Stream.generate(() -> BigDecimal.ZERO).limit(1000).toArray(BigDecimal[]::new);
    double[] weights = {0.4, 0.3, 0.2, 0.1};
    for (int i = 0; i < 4; i++) {
      models[i] = new PlainCheckpoint().with("w", type, List.of(1000L), random.doubles(1000, -1, 1).toArray());
      double[] values = PlainCheckpoint.doubles(models[i], "w");
      for (int j = 0; j < exact.length; j++) {
        exact[j] = exact[j].add(new BigDecimal(weights[i]).multiply(new BigDecimal(values[j])));
      }
    }

    Checkpoint merged = Merger.of(models).weights(weights).set("normalize", 0).merge();

    double[] nearest = Arrays.stream(exact).mapToDouble(BigDecimal::doubleValue).toArray();
    assertThat(merged.raw("w")).isEqualTo(new PlainCheckpoint().with("w", type, List.of(1000L), nearest).raw("w"));
  }

  private static Merge needed(MergeMethod method, Checkpoint a, Checkpoint b, Checkpoint base) {
    Merge merge = method.inputs().most() == 1 ? Merger.of(a) : Merger.of(a, b);
    Merge based = method.inputs().base() == Inputs.Base.REQUIRED ? merge.base(base) : merge;
    Merge ready = based.method(method);
    boolean weighted = method.parameters().stream().anyMatch(parameter -> parameter.name().equals("weight"));
    boolean t = method.parameters().stream().anyMatch(parameter -> parameter.name().equals("t"));
    return weighted ? ready.weights(0.6, 0.4) : t ? ready.set("t", 0.3) : ready;
  }

  private static Checkpoint large(long seed) {
    Random random = new Random(seed);
    return new PlainCheckpoint().with("w", ElementType.F32, List.of(401L, 199L), random.doubles(401 * 199, -1, 1).toArray());
  }

  private static Checkpoint random(long seed, double scale, Checkpoint around) {
    Random random = new Random(seed);
    double[] center = around == null ? new double[37 * 53] : PlainCheckpoint.doubles(around, "w");
    for (int i = 0; i < center.length; i++) {
      center[i] += scale * random.nextGaussian();
    }
    return new PlainCheckpoint().with("w", ElementType.F32, SHAPE, center);
  }
}
