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
import java.util.Arrays;
import java.util.HashMap;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

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

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen2", "gpt_neox", "llama3-rope", "llama-linear", "mistral-window", "qwen2-window", "neox-sequential",
      "neox-tied"})
  void should_keep_the_function_of_every_family(String name) {
    LanguageModel model = GoldenFamilies.load(name);
    SplittableRandom random = new SplittableRandom(8);
    model.parameters().forEach((parameter, array) -> { // biases and gains are 0 and 1 in some models, which would hide a missing axis
      if (array.rank() == 1) {
        array.addi(Networks.normal(random, array.length()).mul(0.1));
      }
    });
    for (PermutationSpec spec : List.of(PermutationSpec.hiddenUnits(model), PermutationSpec.attentionHeads(model),
        PermutationSpec.all(model))) {
      Alignment shuffled = Networks.shuffled(spec, 1);
      LanguageModel permuted = shuffled.apply(model);

      FunctionPreservation.of(model, permuted, List.of(GoldenFamilies.batch(name))).require(ROUNDING);
      shuffled.inverse().apply(permuted).parameters()
          .forEach((parameter, array) -> assertThatArray(array).isBitEqualTo(model.parameters().get(parameter)));
      for (PermutationGroup group : spec.groups()) {
        if (!shuffled.permutations().get(group.name()).equals(Permutation.identity(group.units()))) {
          assertThat(sameBits(permuted, model, group.axes().get(0).tensor())).as(group.name()).isFalse();
        }
      }
    }
  }

  private static boolean sameBits(LanguageModel a, LanguageModel b, String parameter) {
    return Arrays.equals(a.parameters().get(parameter).dup('c').data().asFloat(), b.parameters().get(parameter).dup('c').data().asFloat());
  }

  @Test
  void should_move_key_heads_with_the_query_heads_that_share_them() {
    LanguageModel model = GoldenFamilies.load("llama"); // 4 query heads of width 8, 2 key heads
    PermutationSpec spec = PermutationSpec.attentionHeads(model);
    PermutationGroup group = spec.group("block.0.heads");
    Map<String, Permutation> permutations = new HashMap<>(spec.identity());
    permutations.put("block.0.heads", new Permutation(new int[] {3, 2, 0, 1}));

    LanguageModel permuted = Alignment.of(spec, permutations).apply(model);

    INDArray keys = model.parameters().get("model.layers.0.self_attn.k_proj.weight");
    assertThat(group.together()).isEqualTo(2);
    assertThatArray(permuted.parameters().get("model.layers.0.self_attn.k_proj.weight"))
        .isBitEqualTo(Nd4j.vstack(keys.get(NDArrayIndex.interval(8, 16)), keys.get(NDArrayIndex.interval(0, 8))));
    FunctionPreservation.of(model, permuted, List.of(GoldenFamilies.batch("llama"))).require(ROUNDING);
    permutations.put("block.0.heads", new Permutation(new int[] {0, 2, 1, 3}));
    assertThatThrownBy(() -> Alignment.of(spec, permutations)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"block.0.heads\"").hasMessageContaining("units 0 and 2 beside each other").hasMessageContaining("each 2");
  }

  @Test
  void should_find_the_best_order_of_units_that_stay_together() {
    PermutationGroup group = PermutationGroup.of("heads", 6, new PermutedAxis("q", 0, 1, 4), new PermutedAxis("k", 0, 1, 4, 2));
    SplittableRandom random = new SplittableRandom(5);
    for (int trial = 0; trial < 30; trial++) {
      double[] scores = random.doubles(36, -5, 5).toArray();
      double largest = Double.NEGATIVE_INFINITY;
      for (int draw = 0; draw < 2000; draw++) { // 48 are allowed
        largest = Math.max(largest, sum(scores, group.random(random)));
      }

      Permutation best = group.best(scores);

      group.requireTogether(best);
      assertThat(sum(scores, best)).isCloseTo(largest, within(1e-12));
    }
    assertThatThrownBy(() -> PermutationGroup.of("heads", 5, new PermutedAxis("k", 0, 1, 4, 2)))
        .hasMessageContaining("group \"heads\": 5 units cannot share places by [2]");
  }

  private static double sum(double[] scores, Permutation permutation) {
    double sum = 0;
    for (int i = 0; i < permutation.size(); i++) {
      sum += scores[i * permutation.size() + permutation.of(i)];
    }
    return sum;
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
