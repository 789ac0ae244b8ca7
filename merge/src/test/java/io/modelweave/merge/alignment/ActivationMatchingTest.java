package io.modelweave.merge.alignment;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.modelweave.core.Activations;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.testing.GoldenFamilies;
import io.modelweave.core.testing.GoldenModels;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class ActivationMatchingTest {

  private static final double CLOSE = 1e-12;

  private final List<INDArray> images =
      List.of(Networks.normal(new SplittableRandom(1), 40, 64), Networks.normal(new SplittableRandom(2), 25, 64));

  @Test
  void should_undo_shuffled_units_of_networks_graphs_and_language_models() {
    MultiLayerNetwork network = Networks.convolutional(1);
    ComputationGraph graph = Networks.residual(1);
    LanguageModel model = GoldenModels.load("gpt2-math");

    assertThatArray(ActivationMatching.align(network, Networks.shuffled(PermutationSpec.of(network), 1).apply(network), images).params())
        .isBitEqualTo(network.params());
    assertThatArray(ActivationMatching.align(graph, Networks.shuffled(PermutationSpec.of(graph), 2).apply(graph),
        List.of(Networks.normal(new SplittableRandom(3), 50, 6))).params()).isBitEqualTo(graph.params());
    ActivationMatching.align(model, Networks.shuffled(PermutationSpec.hiddenUnits(model), 3).apply(model),
        List.of(GoldenModels.batch())).parameters()
        .forEach((name, array) -> assertThatArray(array).isBitEqualTo(model.parameters().get(name)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen2", "gpt_neox"})
  void should_undo_shuffled_hidden_units_of_every_family(String name) {
    LanguageModel model = GoldenFamilies.load(name);

    ActivationMatching.align(model, Networks.shuffled(PermutationSpec.hiddenUnits(model), 3).apply(model),
        List.of(GoldenFamilies.batch(name))).parameters()
        .forEach((parameter, array) -> assertThatArray(array).isBitEqualTo(model.parameters().get(parameter)));
  }

  @Test
  void should_not_depend_on_how_the_data_is_cut_into_batches() {
    ComputationGraph a = Networks.convolutional(1).toComputationGraph();
    ComputationGraph b = Networks.convolutional(2).toComputationGraph();
    ActivationMatching matching = ActivationMatching.of(PermutationSpec.of(a));

    Alignment cut = matching.match(a, b, images);
    Alignment whole = matching.match(a, b, List.of(Nd4j.vstack(images)));

    assertThat(cut.permutations()).isEqualTo(whole.permutations());
    assertThat(cut.objective().get(1)).isCloseTo(whole.objective().get(1), within(1e-6)).isGreaterThan(cut.objective().get(0));
  }

  @Test
  void should_match_by_correlation_and_give_a_unit_that_never_changes_what_is_left() {
    PermutationSpec spec = PermutationSpec.of(new PermutationGroup("g", 3, List.of(PermutedAxis.of("w", 0)), List.of("layer")));
    INDArray a = Nd4j.createFromArray(new float[][] {{1, 0, 5}, {2, 1, 5}, {3, 0, 5}, {4, 1, 5}});
    INDArray b = Nd4j.createFromArray(new float[][] {{7, 1000, 100}, {7, 1001, 120}, {7, 1000, 140}, {7, 1001, 160}});

    Alignment alignment = ActivationMatching.of(spec).match(Activations.of(Map.of("layer", a)), Activations.of(Map.of("layer", b)));

    assertThat(alignment.permutations().get("g")).isEqualTo(new Permutation(new int[] {2, 1, 0}));
    assertThat(alignment.objective().get(1)).isCloseTo(2, within(CLOSE));
    assertThatArray(a).isBitEqualTo(Nd4j.createFromArray(new float[][] {{1, 0, 5}, {2, 1, 5}, {3, 0, 5}, {4, 1, 5}}));
  }

  @Test
  void should_refuse_data_that_does_not_fit() {
    PermutationSpec spec = PermutationSpec.of(new PermutationGroup("g", 3, List.of(PermutedAxis.of("w", 0)), List.of("layer")));
    ActivationMatching matching = ActivationMatching.of(spec);
    Activations three = Activations.of(Map.of("layer", Nd4j.rand(DataType.FLOAT, 5, 3)));
    Activations four = Activations.of(Map.of("layer", Nd4j.rand(DataType.FLOAT, 5, 4)));
    ComputationGraph graph = Networks.residual(1);

    assertThatThrownBy(() -> matching.match(three, four)).hasMessage("layer \"layer\" shows 3 and 4 units; group \"g\" has 3");
    assertThatThrownBy(() -> matching.match(three, Activations.of(Map.of("layer", Nd4j.rand(DataType.FLOAT, 6, 3)))))
        .hasMessageContaining("5 samples against 6");
    assertThatThrownBy(() -> matching.match(graph, graph, List.of(Nd4j.rand(DataType.FLOAT, 5, 6))))
        .hasMessageContaining("no layer \"layer\"; there are");
    Activations broken = Activations.of(Map.of("layer", Nd4j.createFromArray(new float[][] {{1, 2, Float.NaN}, {3, 4, 5}})));
    assertThatThrownBy(() -> matching.match(broken, broken)).hasMessageContaining("layer \"layer\": unit 0 of a or unit 2 of b answers NaN");
    assertThatThrownBy(() -> ActivationMatching.align(graph, graph, List.of())).hasMessageContaining("no batch");
    assertThatThrownBy(() -> ActivationMatching.of(PermutationSpec.all(GoldenModels.load("gpt2-math"))))
        .hasMessageContaining("no activations show the units of [block.0.heads");
  }
}
