package io.modelweave.merge.alignment;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.dl4j.NetworkWeights;
import io.modelweave.core.testing.GoldenFamilies;
import io.modelweave.core.testing.GoldenModels;
import io.modelweave.merge.Merger;
import io.modelweave.merge.alignment.Alignment.Attempt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class WeightMatchingTest {

  private static final double CLOSE = 1e-9;

  @Test
  void should_undo_shuffled_units_of_networks_graphs_and_language_models() {
    MultiLayerNetwork network = Networks.convolutional(1);
    ComputationGraph graph = Networks.residual(1);
    LanguageModel model = GoldenModels.load("gpt2-math");

    assertThatArray(WeightMatching.align(network, Networks.shuffled(PermutationSpec.of(network), 1).apply(network)).params())
        .isBitEqualTo(network.params());
    assertThatArray(WeightMatching.align(graph, Networks.shuffled(PermutationSpec.of(graph), 2).apply(graph)).params())
        .isBitEqualTo(graph.params());
    WeightMatching.align(model, Networks.shuffled(PermutationSpec.all(model), 3).apply(model)).parameters()
        .forEach((name, array) -> assertThatArray(array).isBitEqualTo(model.parameters().get(name)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen2-window", "gpt_neox"})
  void should_undo_shuffled_units_of_every_family(String name) {
    LanguageModel model = GoldenFamilies.load(name);

    WeightMatching.align(model, Networks.shuffled(PermutationSpec.all(model), 3).apply(model)).parameters()
        .forEach((parameter, array) -> assertThatArray(array).isBitEqualTo(model.parameters().get(parameter)));
  }

  @Test
  void should_report_the_product_of_aligned_weights_where_heads_share_keys() {
    LanguageModel model = GoldenFamilies.load("llama");
    PermutationSpec spec = PermutationSpec.attentionHeads(model);
    try (Checkpoint a = model.checkpoint();
        Checkpoint b = LanguageModel.random(model.configuration(), 2).checkpoint()) {
      Alignment alignment = WeightMatching.of(spec).match(a, b);

      double after = alignment.objective().get(alignment.objective().size() - 1);
      assertThat(after).isCloseTo(product(a, alignment.apply(b), spec), within(CLOSE * Math.abs(after)));
      SplittableRandom random = new SplittableRandom(3);
      for (int trial = 0; trial < 20; trial++) { // of 8 that each block allows
        assertThat(product(a, Networks.shuffled(spec, random.nextLong()).apply(b), spec)).isLessThanOrEqualTo(after + CLOSE);
      }
    }
  }

  @Test
  void should_never_let_the_objective_fall_and_report_the_product_of_the_aligned_weights() {
    try (Checkpoint a = NetworkWeights.checkpoint(Networks.residual(1));
        Checkpoint b = NetworkWeights.checkpoint(Networks.residual(2))) {
      PermutationSpec spec = PermutationSpec.of(Networks.residual(1));
      Alignment alignment = WeightMatching.of(spec).restarts(5).seed(7).match(a, b);

      assertThat(alignment.objective()).hasSizeGreaterThan(2).isSorted();
      double reached = alignment.objective().get(alignment.objective().size() - 1);
      assertThat(alignment.attempts()).extracting(Attempt::start)
          .containsExactly("identity", "optimistic", "random 1", "random 2", "random 3", "random 4", "random 5");
      assertThat(alignment.attempts()).allSatisfy(attempt -> assertThat(attempt.objective()).isLessThanOrEqualTo(reached + CLOSE));
      assertThat(reached).isCloseTo(product(a, alignment.apply(b), spec), within(CLOSE * Math.abs(reached)));
      assertThat(reached).isGreaterThan(product(a, b, spec));
    }
  }

  @Test
  void should_solve_groups_that_share_no_tensor_apart_and_add_up_their_objectives() {
    LanguageModel model = GoldenModels.load("gpt2-math");
    PermutationSpec spec = PermutationSpec.hiddenUnits(model);
    try (Checkpoint a = model.checkpoint();
        Checkpoint other = GoldenModels.load("gpt2-code").checkpoint()) {
      Checkpoint b = Networks.shuffled(spec, 1).apply(other);

      Alignment alignment = WeightMatching.of(spec).match(a, b);

      double before = alignment.objective().get(0);
      double after = alignment.objective().get(alignment.objective().size() - 1);
      assertThat(alignment.attempts()).hasSize(spec.groups().size()).allSatisfy(attempt -> assertThat(attempt.start()).isEqualTo("identity"));
      assertThat(alignment.objective()).hasSize(1 + spec.groups().size()).isSorted();
      assertThat(before).isCloseTo(product(a, b, spec), within(CLOSE * after));
      assertThat(after).isCloseTo(product(a, alignment.apply(b), spec), within(CLOSE * after));
    }
  }

  @Test
  void should_find_the_best_of_all_orders_of_a_small_network() {
    SplittableRandom random = new SplittableRandom(3);
    PermutationSpec spec = PermutationSpec.of(
        PermutationGroup.of("first", 3, PermutedAxis.of("w1", 1), PermutedAxis.of("w2", 0)),
        PermutationGroup.of("second", 4, PermutedAxis.of("w2", 1), PermutedAxis.of("w3", 0)));
    for (int trial = 0; trial < 20; trial++) {
      try (Checkpoint a = mlp(random);
          Checkpoint b = mlp(random)) {
        double best = Double.NEGATIVE_INFINITY;
        for (int[] first : orders(3)) {
          for (int[] second : orders(4)) {
            Alignment any = Alignment.of(spec, Map.of("first", new Permutation(first), "second", new Permutation(second)));
            best = Math.max(best, product(a, any.apply(b), spec));
          }
        }

        Alignment found = WeightMatching.of(spec).restarts(10).match(a, b);

        assertThat(found.objective().get(found.objective().size() - 1)).isCloseTo(best, within(CLOSE));
      }
    }
  }

  @Test
  void should_repeat_itself_and_accept_a_start() {
    try (Checkpoint a = NetworkWeights.checkpoint(Networks.residual(1));
        Checkpoint b = NetworkWeights.checkpoint(Networks.residual(2))) {
      WeightMatching matching = WeightMatching.of(PermutationSpec.of(Networks.residual(1))).seed(5);
      Alignment once = matching.match(a, b);

      assertThat(matching.match(a, b)).isEqualTo(once);
      Alignment again = matching.restarts(0).startingFrom(once).match(a, b);
      assertThat(again.permutations()).isEqualTo(once.permutations());
      assertThat(again.attempts()).extracting(Attempt::start).containsExactly("identity", "optimistic", "given");
    }
  }

  @Test
  void should_bring_the_average_of_shuffled_models_back_to_life() {
    MultiLayerNetwork a = Networks.convolutional(1);
    MultiLayerNetwork b = Networks.shuffled(PermutationSpec.of(a), 6).apply(a);
    INDArray inputs = Networks.normal(new SplittableRandom(2), 20, 64);

    MultiLayerNetwork naive = Merger.interpolate(a, b, 0.5);
    MultiLayerNetwork aligned = Merger.interpolate(a, WeightMatching.align(a, b), 0.5);

    assertThat(FunctionPreservation.of(a, naive, inputs).relative()).isGreaterThan(0.05);
    assertThat(FunctionPreservation.of(a, aligned, inputs).relative()).isZero();
  }

  @Test
  void should_refuse_what_cannot_be_matched() {
    PermutationSpec spec = PermutationSpec.of(PermutationGroup.of("g", 2, PermutedAxis.of("w", 0)));
    WeightMatching matching = WeightMatching.of(spec);
    try (Checkpoint a = Checkpoint.of(Map.of("w", Nd4j.createFromArray(1f, 2f)));
        Checkpoint other = Checkpoint.of(Map.of("w", Nd4j.createFromArray(1f, 2f, 3f)));
        Checkpoint broken = Checkpoint.of(Map.of("w", Nd4j.createFromArray(1f, Float.NaN)))) {
      assertThatThrownBy(() -> matching.match(a, other)).isInstanceOf(ModelMismatchException.class)
          .hasMessageContaining("F32 [2] against F32 [3]");
      assertThatThrownBy(() -> matching.match(other, other)).isInstanceOf(ModelMismatchException.class)
          .hasMessageContaining("should have 2 positions");
      assertThatThrownBy(() -> matching.match(a, broken)).hasMessageContaining("\"w\" of memory holds NaN");
    }
    assertThatThrownBy(() -> matching.restarts(-1)).hasMessageContaining("-1 restarts");
    assertThatThrownBy(() -> matching.sweeps(0)).hasMessageContaining("0 sweeps");
  }

  private static Checkpoint mlp(SplittableRandom random) {
    Map<String, INDArray> tensors = new TreeMap<>();
    tensors.put("w1", Networks.normal(random, 2, 3));
    tensors.put("w2", Networks.normal(random, 3, 4));
    tensors.put("w3", Networks.normal(random, 4, 2));
    return Checkpoint.of(tensors);
  }

  private static List<int[]> orders(int n) {
    List<int[]> orders = new ArrayList<>();
    for (int code = 0; code < Math.pow(n, n); code++) {
      int[] order = new int[n];
      for (int i = 0, rest = code; i < n; i++, rest /= n) {
        order[i] = rest % n;
      }
      if (Arrays.stream(order).distinct().count() == n) {
        orders.add(order);
      }
    }
    return orders;
  }

  private static double product(Checkpoint a, Checkpoint b, PermutationSpec spec) {
    return spec.groups().stream().flatMap(group -> group.axes().stream()).map(PermutedAxis::tensor).distinct().mapToDouble(name -> {
      double[] x = doubles(a, name);
      double[] y = doubles(b, name);
      double sum = 0;
      for (int i = 0; i < x.length; i++) {
        sum += x[i] * y[i];
      }
      return sum;
    }).sum();
  }

  private static double[] doubles(Checkpoint checkpoint, String name) {
    INDArray tensor = checkpoint.tensor(name).castTo(DataType.DOUBLE);
    return tensor.reshape(tensor.length()).toDoubleVector();
  }
}
