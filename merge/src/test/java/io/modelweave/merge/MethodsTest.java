package io.modelweave.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.core.checkpoint.MissingTensorException;
import io.modelweave.merge.method.MergeMethod;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Methods on numbers small enough to work out by hand. */
class MethodsTest {

  private static final Offset<Double> CLOSE = Offset.offset(1e-12);

  @Test
  void slerp_should_walk_along_the_circle() {
    double[] merged = merged(Merger.of(vector(1, 0), vector(0, 1)).method(new Slerp()).alpha(1 / 3.0));

    assertThat(merged).containsExactly(new double[] {Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)}, CLOSE);
  }

  @Test
  void nuslerp_should_take_rows_or_columns_apart() {
    PlainCheckpoint x = matrix(1, 0, 0, 2);
    PlainCheckpoint y = matrix(0, 1, 2, 0);
    Merge merge = Merger.of(x, y).method(new NuSlerp()).weights(1, 1).set("nuslerp_flatten", 0);
    double half = Math.sqrt(0.5);

    assertThat(merged(merge)).containsExactly(new double[] {half, half, 2 * half, 2 * half}, CLOSE);
    assertThat(merged(merge.set("nuslerp_row_wise", 1))).containsExactly(new double[] {half, half, 2 * half, 2 * half}, CLOSE);
    assertThat(merged(Merger.of(matrix(1, 3, 0, 4), matrix(0, 3, 1, 4)).method(new NuSlerp()).weights(1, 1).set("nuslerp_flatten", 0)
        .set("nuslerp_row_wise", 1))).containsExactly(new double[] {half, 3, half, 4}, CLOSE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"karcher", "multislerp"})
  void a_spherical_mean_of_two_should_lie_half_way_with_the_mean_norm(String name) {
    MergeMethod method = Mergekit.method(name);
    Merge merge = Merger.of(vector(1, 0), vector(0, 3)).method(method);

    double[] merged = merged(name.equals("karcher") ? merge : merge.weights(1, 1));

    assertThat(merged).containsExactly(new double[] {Math.sqrt(2), Math.sqrt(2)}, Offset.offset(1e-5));
  }

  @ParameterizedTest
  @ValueSource(strings = {"karcher", "multislerp"})
  void a_spherical_mean_should_stay_finite_where_directions_cancel_or_vanish(String name) {
    Merge cancelling = Merger.of(vector(1, 0), vector(-1, 0)).method(Mergekit.method(name));
    Merge zeros = Merger.of(vector(0, 0), vector(0, 0)).method(Mergekit.method(name));

    assertThat(merged(name.equals("karcher") ? cancelling : cancelling.weights(1, 1))).doesNotContain(Double.NaN);
    assertThat(merged(name.equals("karcher") ? zeros : zeros.weights(1, 1))).containsExactly(0, 0);
  }

  @Test
  void ties_should_average_the_majority() {
    PlainCheckpoint base = vector(10, 10, 10);

    double[] merged = merged(Merger.of(vector(13, 11, 10), vector(9, 13, 12), vector(12, 10, 8)).base(base).method(Ties.density(1)));

    assertThat(merged).containsExactly(12.5, 12, 10); // 3 and 2 against -1; 1 and 3; 2 and -2 cancel
  }

  /** Weights say only how much the models count beside each other: what is alone is taken as it is, however small its weight. */
  @ParameterizedTest
  @ValueSource(doubles = {1, 0.1, 1e-17, 1e-200})
  void ties_should_divide_by_the_weights_however_small(double weight) {
    double[] merged = merged(Merger.of(vector(3, 0.1, 0), vector(-1, 0, 0)).base(vector(0, 0, 0)).method(Ties.density(1))
        .weights(weight, weight));

    assertThat(merged).containsExactly(new double[] {3, 0.1, 0}, Offset.offset(1e-15));
  }

  @Test
  void mergekits_ties_should_let_weights_vote() {
    Merge merge = Merger.of(vector(3), vector(-2)).base(vector(0)).weights(0.1, 0.9);

    assertThat(merged(merge.method(Ties.density(1)))).containsExactly(new double[] {3}, CLOSE);
    assertThat(merged(merge.method(Ties.density(1).mergekit()))).containsExactly(new double[] {-2}, CLOSE);
  }

  @Test
  void nearswap_should_swap_what_is_near() {
    assertThat(merged(Merger.of(vector(1.5, 4)).base(vector(1, 0)).method(new NearSwap()).set("t", 1))).containsExactly(1.5, 1);
  }

  @Test
  void ram_should_add_what_is_unique_and_average_what_is_shared() {
    Merge merge = Merger.of(vector(2, 4, 0), vector(0, 2, 0)).base(vector(0, 0, 0));

    assertThat(merged(merge.method(new Ram()))).containsExactly(2, 3, 0);
    assertThat(merged(merge.method(new Ram().plus()))).containsExactly(new double[] {2 * (1 + 0.1 * 0.2), 3, 0}, CLOSE);
  }

  @Test
  void della_should_keep_large_entries_more_often_and_its_expectation() {
    int rows = 4000;
    double[] values = IntStream.range(0, 4 * rows).mapToDouble(i -> 1 + i % 4).toArray();
    PlainCheckpoint model = new PlainCheckpoint().with("w", ElementType.F64, List.of((long) rows, 4L), values);
    PlainCheckpoint base = new PlainCheckpoint().with("w", ElementType.F64, List.of((long) rows, 4L), new double[4 * rows]);

    double[] merged = merged(Merger.of(model).base(base).method(Della.density(0.5)).set("epsilon", 0.3).set("normalize", 0));

    for (int column = 0; column < 4; column++) {
      int of = column;
      double kept = IntStream.range(0, rows).filter(row -> merged[4 * row + of] != 0).count() / (double) rows;
      double mean = IntStream.range(0, rows).mapToDouble(row -> merged[4 * row + of]).sum() / rows;
      assertThat(kept).isCloseTo(0.2 + 0.2 * column, Offset.offset(0.03));
      assertThat(mean).isCloseTo(1 + column, Offset.offset(0.2));
    }
  }

  @Test
  void masks_should_depend_on_seed_model_and_name() {
    double[] ones = new double[200];
    Arrays.fill(ones, 1);
    PlainCheckpoint model = new PlainCheckpoint().with("w", ones).with("v", ones);
    PlainCheckpoint base = new PlainCheckpoint().with("w", new double[200]).with("v", new double[200]);
    Merge merge = Merger.of(model).base(base).method(Dare.density(0.5));

    Checkpoint merged = merge.seed(1).merge();

    assertThat(merge.seed(1).merge().raw("w")).isEqualTo(merged.raw("w"));
    assertThat(merge.seed(2).merge().raw("w")).isNotEqualTo(merged.raw("w"));
    assertThat(merged.raw("v")).isNotEqualTo(merged.raw("w"));
    double[] two = PlainCheckpoint.doubles(Merger.of(model, model).base(base).method(Dare.density(0.5)).merge(), "w");
    assertThat(two).contains(0, 2, 4); // two masks that differ: neither, one, both
  }

  @Test
  void layers_should_be_views_under_other_names() {
    PlainCheckpoint model = new PlainCheckpoint().with("embed", 7).with("h.0.w", 1).with("h.1.w", 2).called("m");

    Checkpoint swapped = Layers.select(model, 1, 0, 1);
    Checkpoint renamed = Layers.renamed(model, Map.of("x", "h.1.w"));

    assertThat(swapped.names()).containsExactly("embed", "h.0.w", "h.1.w", "h.2.w");
    assertThat(PlainCheckpoint.doubles(swapped, "h.2.w")).containsExactly(2);
    assertThat(PlainCheckpoint.doubles(renamed, "x")).containsExactly(2);
    assertThatThrownBy(() -> renamed.info("h.1.w")).isInstanceOf(MissingTensorException.class);
    assertThatThrownBy(() -> Layers.select(model, 1, 5)).isInstanceOf(IllegalArgumentException.class)
        .hasMessage("m has no layers [5]; it has [0, 1]");
  }

  @Test
  void densities_outside_the_unit_interval_should_be_refused_at_once() {
    assertThatThrownBy(() -> Ties.density(1.5)).isInstanceOf(IllegalArgumentException.class).hasMessage("density is 1.5, outside [0, 1]");
    assertThat(Merger.of(vector(1)).base(vector(0)).method(Della.density(0.1)).plan().problems())
        .containsExactly("density 0.1 and epsilon 0.15 of model 0 give probabilities outside (0, 1); lower epsilon (\"w\")");
    assertThat(Merger.of(vector(1)).base(vector(0)).method(new Dare()).plan().problems())
        .containsExactly("dare_linear needs density of model 0, and no value is given (\"w\")");
  }

  private static double[] merged(Merge merge) {
    return PlainCheckpoint.doubles(merge.merge(), "w");
  }

  private static PlainCheckpoint vector(double... values) {
    return new PlainCheckpoint().with("w", ElementType.F64, List.of((long) values.length), values);
  }

  private static PlainCheckpoint matrix(double... values) {
    return new PlainCheckpoint().with("w", ElementType.F64, List.of(2L, 2L), values);
  }
}
