package io.modelweave.merge.alignment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.dl4j.NetworkWeights;
import io.modelweave.core.testing.GoldenModels;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class PermutationSpecTest {

  private static final double ROUNDING = 1e-5;

  @Test
  void should_keep_the_function_of_a_convolutional_network_whatever_the_order() {
    MultiLayerNetwork network = Networks.convolutional(1);
    PermutationSpec spec = PermutationSpec.of(network);
    INDArray inputs = Networks.normal(new SplittableRandom(2), 10, 64);

    assertThat(spec.held()).isEmpty();
    assertThat(spec.groups()).extracting(PermutationGroup::name).containsExactly("0", "3", "4");
    assertThat(spec.groups()).extracting(PermutationGroup::units).containsExactly(6, 5, 7);
    for (int seed = 0; seed < 5; seed++) {
      MultiLayerNetwork permuted = Networks.shuffled(spec, seed).apply(network);
      assertThat(permuted.params().distance1(network.params())).isGreaterThan(1);
      assertThat(FunctionPreservation.of(network, permuted, inputs).require(ROUNDING).outputs()).isEqualTo(30);
    }
  }

  @Test
  void should_know_where_channels_are_when_they_come_last() {
    MultiLayerNetwork network = Networks.convolutional(1, InputType.convolutional(8, 8, 1, CNN2DFormat.NHWC));
    PermutationSpec spec = PermutationSpec.of(network);
    INDArray inputs = Networks.normal(new SplittableRandom(2), 60, 8, 8, 1);

    assertThat(spec.group("3").axes()).contains(new PermutedAxis("4_W", 0, 4, 1)); // [2, 2, C] flattened
    Alignment shuffled = Networks.shuffled(spec, 3);
    MultiLayerNetwork permuted = shuffled.apply(network);
    FunctionPreservation.of(network, permuted, inputs).require(ROUNDING);
    Alignment found = ActivationMatching.of(spec).match(network.toComputationGraph(), permuted.toComputationGraph(), List.of(inputs));
    for (String convolution : List.of("0", "3")) { // two units of the dense layer are dead, and cannot be told apart
      assertThat(found.permutations().get(convolution)).isEqualTo(shuffled.inverse().permutations().get(convolution));
    }
  }

  @Test
  void should_give_layers_that_are_added_one_order() {
    ComputationGraph graph = Networks.residual(1);
    PermutationSpec spec = PermutationSpec.of(graph);
    INDArray inputs = Networks.normal(new SplittableRandom(2), 10, 6);

    assertThat(spec.groups()).extracting(PermutationGroup::name).containsExactly("embed", "up0", "up1");
    assertThat(spec.group("embed").layers()).containsExactly("embed", "down0", "x0", "norm", "down1", "x1");
    ComputationGraph permuted = Networks.shuffled(spec, 3).apply(graph);
    assertThat(permuted.params().distance1(graph.params())).isGreaterThan(1);
    FunctionPreservation.of(graph, permuted, inputs).require(ROUNDING);
  }

  @Test
  void should_keep_the_function_of_language_models() {
    for (String name : List.of("gpt2-math", "gpt2-gelu-untied")) {
      LanguageModel model = GoldenModels.load(name);
      for (PermutationSpec spec : List.of(PermutationSpec.hiddenUnits(model), PermutationSpec.attentionHeads(model),
          PermutationSpec.all(model))) {
        LanguageModel permuted = Networks.shuffled(spec, 4).apply(model);

        FunctionPreservation.of(model, permuted, List.of(GoldenModels.batch())).require(ROUNDING);
        assertThat(spec.groups()).allSatisfy(group -> assertThat(permuted.parameters().get(group.axes().get(0).tensor()))
            .isNotEqualTo(model.parameters().get(group.axes().get(0).tensor())));
      }
    }
  }

  @Test
  void should_notice_an_axis_that_is_missing() {
    MultiLayerNetwork network = Networks.convolutional(1);
    PermutationSpec wrong = PermutationSpec.of(PermutationGroup.of("dense", 7, PermutedAxis.of("4_W", 1), PermutedAxis.of("4_b", 0)));
    MultiLayerNetwork permuted = Networks.shuffled(wrong, 1).apply(network);

    assertThatThrownBy(() -> FunctionPreservation.of(network, permuted, Networks.normal(new SplittableRandom(2), 10, 64)).require(ROUNDING))
        .isInstanceOf(IllegalStateException.class).hasMessageContaining("computes something else").hasMessageContaining("misses an axis");
  }

  @Test
  void should_hold_what_it_does_not_know_and_say_so() {
    MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder().seed(1).list()
        .layer(new DenseLayer.Builder().nOut(5).activation(Activation.TANH).build())
        .layer(new LSTM.Builder().nOut(4).build())
        .layer(new DenseLayer.Builder().nOut(6).activation(Activation.TANH).build())
        .layer(new RnnOutputLayer.Builder().nOut(2).activation(Activation.SOFTMAX).build())
        .setInputType(InputType.recurrent(3, 7)).build());
    network.init();
    PermutationSpec spec = PermutationSpec.of(network);

    assertThat(spec.held()).containsExactly("1 (LSTM)");
    assertThat(spec.groups()).extracting(PermutationGroup::name).containsExactly("2");
    INDArray sequences = Networks.normal(new SplittableRandom(2), 4, 3, 7);
    FunctionPreservation.of(network, Networks.shuffled(spec, 1).apply(network), sequences).require(ROUNDING);
  }

  @Test
  void should_undo_a_permutation_bit_for_bit_and_leave_other_tensors_alone() {
    PermutationSpec spec = PermutationSpec.of(PermutationGroup.of("rows", 4, PermutedAxis.of("w", 0), new PermutedAxis("v", 1, 2, 3)));
    Alignment alignment = Networks.shuffled(spec, 9);
    try (Checkpoint original = Checkpoint.of(Map.of("w", Nd4j.rand(DataType.FLOAT, 4, 5).castTo(DataType.BFLOAT16),
        "v", Nd4j.rand(DataType.DOUBLE, 2, 24, 3), "z", Nd4j.arange(3)))) {
      Checkpoint back = alignment.inverse().apply(alignment.apply(original));

      for (String name : original.names()) {
        assertThat(back.raw(name)).isEqualTo(original.raw(name));
      }
      assertThat(alignment.apply(original).raw("z")).isEqualTo(original.raw("z"));
      try (INDArray moved = alignment.apply(original).tensor("v");
          INDArray before = original.tensor("v")) {
        int from = alignment.permutations().get("rows").of(2);
        assertThat(moved.getDouble(1, 12 + 2 * 3 + 1, 2)).isEqualTo(before.getDouble(1, 12 + from * 3 + 1, 2));
      }
    }
  }

  @Test
  void should_name_everything_that_does_not_fit() {
    PermutationSpec spec = PermutationSpec.of(PermutationGroup.of("hidden", 4, PermutedAxis.of("0_W", 1), PermutedAxis.of("absent", 0)));
    try (Checkpoint checkpoint = NetworkWeights.checkpoint(Networks.convolutional(1))) {
      assertThatThrownBy(() -> spec.requireFit(checkpoint)).isInstanceOf(ModelMismatchException.class)
          .hasMessageContaining("\"0_W\" is F32 [6, 1, 3, 3]; axis 1 should have 4 positions for the 4 units of group \"hidden\"")
          .hasMessageContaining("\"absent\" of group \"hidden\" is missing");
    }
    PermutationGroup group = PermutationGroup.of("hidden", 4, PermutedAxis.of("w", 0));
    assertThatThrownBy(() -> PermutationSpec.of(group, group)).hasMessage("two groups are named \"hidden\"");
    assertThatThrownBy(() -> PermutationSpec.of(group, PermutationGroup.of("other", 4, PermutedAxis.of("w", 0))))
        .hasMessage("axis 0 of \"w\" is in the groups \"hidden\" and \"other\"");
    assertThatThrownBy(() -> PermutationSpec.of()).hasMessageContaining("no group of units");
    assertThatThrownBy(() -> PermutationSpec.of(group).group("x")).hasMessage("no group \"x\"; there are [hidden]");
    assertThatThrownBy(() -> Alignment.of(PermutationSpec.of(group), Map.of()))
        .hasMessage("group \"hidden\" of 4 units has no permutation");
    assertThatThrownBy(() -> PermutationGroup.of("g", 2)).hasMessageContaining("2 units along 0 axes");
    assertThatThrownBy(() -> new PermutedAxis("w", -1, 1, 1)).hasMessageContaining("axis -1");
    assertThatThrownBy(() -> new Permutation(new int[] {0, 0})).hasMessage("not a permutation of 2 units: 0 is there twice");
    assertThatThrownBy(() -> new Permutation(new int[] {0, 2})).hasMessage("not a permutation of 2 units: 2 is out of range");
  }
}
