package io.modelweave.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.merge.engine.NonFiniteTensorException;
import io.modelweave.merge.method.MergeMethod;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes wrong in mergekit 0.1.4, reproduced there one by one, and what happens here instead. */
class MergekitDefectsTest {

  private static final Offset<Double> CLOSE = Offset.offset(1e-6);

  @Test
  void breadcrumbs_should_keep_the_task_vector_of_a_tensor_too_small_for_an_outlier() {
    PlainCheckpoint base = tensor(new double[64]);
    PlainCheckpoint model = tensor(IntStream.rangeClosed(1, 64).asDoubleStream().toArray());
    Merge merge = Merger.of(model).base(base);

    assertThat(changed(merge.method(Breadcrumbs.density(0.5)).merge(), base)).isEqualTo(32);
    assertThat(changed(merge.method(Breadcrumbs.density(0.5).mergekit()).merge(), base)).isZero();
  }

  @Test
  void ties_should_return_the_base_where_nothing_is_kept() {
    PlainCheckpoint base = tensor(1, 2, 3);

    Checkpoint merged = Merger.of(tensor(4, 5, 6)).base(base).method(Ties.density(0.3)).merge();

    assertThat(merged.raw("w")).isEqualTo(base.raw("w"));
  }

  @Test
  void nuslerp_of_opposite_vectors_should_stay_bounded() {
    double[] v = new Random(1).doubles(1000, -1, 1).toArray();
    double[] opposite = IntStream.range(0, 1000).mapToDouble(i -> -1.1 * v[i]).toArray();

    double[] merged = PlainCheckpoint.doubles(Merger.of(tensor(v), tensor(opposite)).method(new NuSlerp()).weights(0.5, 0.5).merge(), "w");

    assertThat(norm(merged)).isLessThan(norm(v));
  }

  @Test
  void arcee_fusion_should_keep_the_type_of_its_inputs() {
    PlainCheckpoint base = new PlainCheckpoint().with("w", ElementType.BF16, List.of(2L, 3L), 1, 2, 3, 4, 5, 6);
    PlainCheckpoint model = new PlainCheckpoint().with("w", ElementType.BF16, List.of(2L, 3L), 1, 2, 3, 4, 5, 9);

    Checkpoint merged = Merger.of(model).base(base).method(new ArceeFusion()).merge();

    assertThat(merged.info("w").type()).isEqualTo(ElementType.BF16);
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-1, 1e-4, 1e-6, 1e-9})
  void model_stock_should_not_depend_on_the_scale_of_the_update(double scale) {
    double[] merged = PlainCheckpoint.doubles(Merger.of(f64(scale, 2 * scale), f64(2 * scale, scale)).base(f64(0, 0))
        .method(new ModelStock()).merge(), "w");

    double cosine = 4.0 / 5;
    assertThat(merged[0] / scale).isEqualTo(1.5 * 2 * cosine / (1 + cosine), CLOSE);
  }

  @Test
  void model_stock_of_opposed_updates_should_be_the_base() {
    assertThat(PlainCheckpoint.doubles(Merger.of(f64(1, 2), f64(-1, -2)).base(f64(0, 0)).method(new ModelStock()).merge(), "w"))
        .containsExactly(0, 0);
  }

  @ParameterizedTest
  @ValueSource(doubles = {1, 1e-3, 1e-5, 1e-8})
  void sce_should_weigh_models_alike_at_any_scale(double scale) {
    double[] merged = PlainCheckpoint.doubles(Merger.of(f64(scale), f64(3 * scale)).base(f64(0)).method(new Sce()).merge(), "w");

    assertThat(merged[0] / scale).isEqualTo((1 * 1 + 9 * 3) / 10.0, CLOSE);
  }

  @Test
  void linear_should_refuse_weights_that_cancel() {
    assertThatThrownBy(() -> Merger.of(tensor(1), tensor(2)).weights(1, -1).merge()).isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("the weights sum to 0, by which linear would divide").hasMessageContaining("\"w\"");
  }

  @Test
  void della_should_merge_a_column() {
    PlainCheckpoint base = new PlainCheckpoint().with("w", ElementType.F32, List.of(5L, 1L), new double[5]);
    PlainCheckpoint model = new PlainCheckpoint().with("w", ElementType.F32, List.of(5L, 1L), 1, 2, 3, 4, 5);

    assertThat(PlainCheckpoint.doubles(Merger.of(model).base(base).method(Della.density(0.5)).merge(), "w")).doesNotContain(Double.NaN);
  }

  @Test
  void slerp_of_opposite_vectors_should_be_their_linear_mix() {
    assertThat(PlainCheckpoint.doubles(Merger.of(f64(1, 2), f64(-1, -2)).method(new Slerp()).alpha(0.25).merge(), "w"))
        .containsExactly(0.5, 1);
  }

  @Test
  void should_name_tensor_and_model_that_hold_nan() {
    PlainCheckpoint sick = tensor(1, Double.NaN, 3).called("sick.safetensors");

    assertThatThrownBy(() -> Merger.of(tensor(1, 2, 3), sick).method(new Slerp()).alpha(0.5).merge())
        .isInstanceOf(NonFiniteTensorException.class)
        .hasMessageContaining("there are NaN or infinite elements").hasMessageContaining("sick.safetensors: \"w\" (F32 [3]): 1 NaN, 0 infinite, the first at [1]");
    assertThat(PlainCheckpoint.doubles(Merger.of(tensor(1, 2, 3), sick).weights(0.5, 0.5).options(o -> o.withRefuseNonFinite(false))
        .merge(), "w"))
        .containsExactly(1, Double.NaN, 3);
  }

  @Test
  void should_name_all_tensors_that_hold_nan() {
    PlainCheckpoint first = new PlainCheckpoint().with("v", 1, Double.NaN).with("w", 1, 2).called("first");
    PlainCheckpoint second = new PlainCheckpoint().with("v", 1, 2).with("w", Double.POSITIVE_INFINITY, 2).called("second");

    assertThatThrownBy(() -> Merger.of(first, second).merge()).isInstanceOf(NonFiniteTensorException.class)
        .hasMessageContaining("exclude these tensors, or").hasMessageContaining("first: \"v\"").hasMessageContaining("second: \"w\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ties", "dare_ties", "breadcrumbs", "della"})
  void should_keep_the_sign_of_a_zero_where_nothing_is_merged(String method) {
    PlainCheckpoint base = tensor(-0.0, -0.0, 0.0, 1);

    double[] kept = PlainCheckpoint.doubles(Merger.of(tensor(-0.0, -0.0, 0.0, 2)).base(base).method(Mergekit.method(method))
        .set("density", 0.25).merge(), "w");

    assertThat(Double.doubleToRawLongBits(kept[0])).isEqualTo(Double.doubleToRawLongBits(-0.0));
    assertThat(Double.doubleToRawLongBits(kept[1])).isEqualTo(Double.doubleToRawLongBits(-0.0));
    assertThat(Double.doubleToRawLongBits(kept[2])).isZero();
  }

  @Test
  void should_keep_the_sign_of_a_zero_of_the_only_model_that_is_kept() {
    double[] kept = PlainCheckpoint.doubles(Merger.of(tensor(-0.0, 0.0, -0.0, 0.0)).base(tensor(1, -1, -1, 1)).method(Ties.density(1)).merge(),
        "w");

    assertThat(kept).containsExactly(-0.0, 0.0, -0.0, 0.0);
  }

  @Test
  void should_refuse_an_output_that_its_type_cannot_hold() {
    PlainCheckpoint large = new PlainCheckpoint().with("w", ElementType.F16, List.of(1L), 60000);

    assertThatThrownBy(() -> Merger.of(large).method(new Passthrough()).set("scale", 2).merge())
        .isInstanceOf(NonFiniteTensorException.class)
        .hasMessageContaining("passthrough of \"w\" gives 1 elements that F16 cannot hold");
  }

  @Test
  void should_average_two_layers_of_one_model() {
    PlainCheckpoint model = new PlainCheckpoint().with("embed", 7).with("h.0.w", 1, 2).with("h.1.w", 100, 100).with("h.2.w", 3, 6);

    Checkpoint merged = Merger.of(Layers.select(model, 0), Layers.select(model, 2)).weights(0.5, 0.5).merge();

    assertThat(merged.names()).containsExactly("embed", "h.0.w");
    assertThat(PlainCheckpoint.doubles(merged, "h.0.w")).containsExactly(2, 4);
  }

  @Test
  void should_count_a_model_twice_that_is_given_twice() {
    PlainCheckpoint a = tensor(0);

    assertThat(PlainCheckpoint.doubles(Merger.of(a, a, tensor(4)).weights(1, 2, 1).merge(), "w")).containsExactly(1);
  }

  @Test
  void should_refuse_parameters_that_do_not_exist_or_are_out_of_bounds_all_at_once() {
    Merge merge = Merger.of(tensor(1), tensor(2)).base(tensor(0)).method(new Dare()).set("densty", 0.5).set("density", -0.5).weights(1, 2,
        3).only("x*");

    assertThat(merge.plan().problems()).anyMatch(problem -> problem.contains("dare_linear has no parameter \"densty\""))
        .anyMatch(problem -> problem.contains("3 values of weight for 2 models"))
            .anyMatch(problem -> problem.contains("only(\"x*\") matches no tensor"));
    assertThat(Merger.of(tensor(1), tensor(2)).method(new Slerp()).alpha(5).plan().problems())
        .containsExactly("t is 5.0, outside [0.0, 1.0] (\"w\")");
    assertThat(Merger.of(tensor(1), tensor(2)).method(new Slerp()).plan().problems())
        .containsExactly("slerp needs t, and no value is given (\"w\")");
    assertThat(Merger.of(tensor(1)).method(new Ties()).plan().problems()).containsExactly("ties needs a base (\"w\")");
    assertThat(Merger.of(tensor(1)).base(tensor(1)).method(Dare.density(0)).merge().raw("w")).isEqualTo(tensor(1).raw("w"));
  }

  @Test
  void should_list_shapes_types_and_missing_tensors_before_anything_is_read() {
    PlainCheckpoint a = new PlainCheckpoint().with("shape", 1, 2).with("only", 1).with("type", 1).called("a");
    PlainCheckpoint b = new PlainCheckpoint().with("shape", 1, 2, 3).with("type", ElementType.BF16, List.of(1L), 1).with("more", 1)
        .called("b");

    assertThatThrownBy(() -> Merger.of(a, b).merge()).isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("\"shape\": F32 [3] in b against [2]").hasMessageContaining("\"only\": there is no \"only\" of b")
        .hasMessageContaining("\"type\": BF16 [1] in b against F32; name the type")
            .hasMessageContaining("\"more\": there is no \"more\" of a");
  }

  @Test
  void should_name_all_methods_when_there_is_no_such_one() {
    assertThatThrownBy(() -> Mergekit.method("tise")).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("there is no merge method \"tise\"").hasMessageContaining("task_arithmetic, ties");
    assertThat(Mergekit.names()).hasSize(20).allSatisfy(name -> {
      MergeMethod method = Mergekit.method(name);
      assertThat(method.name()).isIn(name, name + "/mergekit");
      assertThat(method.citation()).isNotBlank();
    });
  }

  @Test
  void should_copy_integers_and_say_how_many_differ() {
    PlainCheckpoint a = tensor(1).with("steps", ElementType.I64, List.of(), 3);
    PlainCheckpoint b = tensor(3).with("steps", ElementType.I64, List.of(), 5);

    assertThat(PlainCheckpoint.doubles(Merger.of(a, b).merge(), "steps")).containsExactly(3);
    assertThatThrownBy(() -> Merger.of(a, b).options(o -> o.withRequireEqualIntegers(true)).merge())
        .hasMessageContaining("\"steps\": values of I64 [] differ in 1 of 2 models");
  }

  @Test
  void should_merge_a_single_number() {
    PlainCheckpoint a = new PlainCheckpoint().with("scale", ElementType.F32, List.of(), 1);
    PlainCheckpoint b = new PlainCheckpoint().with("scale", ElementType.F32, List.of(), 3);

    assertThat(PlainCheckpoint.doubles(Merger.of(a, b).method(new Slerp()).alpha(0.5).merge(), "scale")).containsExactly(2);
  }

  @Test
  void dare_should_divide_by_the_probability_and_mergekits_match_the_mass() {
    PlainCheckpoint base = tensor(new double[4000]);
    PlainCheckpoint model = tensor(new Random(3).doubles(4000, 0.5, 1).toArray());
    double[] x = PlainCheckpoint.doubles(model, "w");

    double[] paper = PlainCheckpoint.doubles(Merger.of(model).base(base).method(Dare.density(0.5)).merge(), "w");
    double[] mergekit = PlainCheckpoint.doubles(Merger.of(model).base(base).method(Dare.density(0.5).mergekit()).merge(), "w");

    int kept = 0;
    for (int i = 0; i < x.length; i++) {
      kept += paper[i] == 0 ? 0 : 1;
      assertThat(paper[i]).isIn(0.0, (double) (float) (2 * x[i]));
    }
    assertThat(kept).isBetween(1900, 2100);
    assertThat(IntStream.range(0, 4000).mapToDouble(i -> mergekit[i]).sum()).isCloseTo(IntStream.range(0, 4000).mapToDouble(i -> x[i])
        .sum(), Offset.offset(1e-3));
  }

  private static PlainCheckpoint tensor(double... values) {
    return new PlainCheckpoint().with("w", values);
  }

  private static PlainCheckpoint f64(double... values) {
    return new PlainCheckpoint().with("w", ElementType.F64, List.of((long) values.length), values);
  }

  private static long changed(Checkpoint merged, Checkpoint base) {
    double[] a = PlainCheckpoint.doubles(merged, "w");
    double[] b = PlainCheckpoint.doubles(base, "w");
    return IntStream.range(0, a.length).filter(i -> a[i] != b[i]).count();
  }

  private static double norm(double[] values) {
    return Math.sqrt(IntStream.range(0, values.length).mapToDouble(i -> values[i] * values[i]).sum());
  }
}
