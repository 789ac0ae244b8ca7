package io.modelweave.merge.activation;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.ModelMismatchException;
import io.modelweave.merge.Merger;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class NetworkMixtureTest {

  private static final double CLOSE = 1e-6;

  private final INDArray inputs = Nd4j.rand(DataType.FLOAT, 6, 4);

  @Test
  void should_be_the_host_bit_for_bit_where_the_others_weigh_nothing() {
    ComputationGraph a = residual(1, 5);
    ComputationGraph b = residual(2, 5);

    ComputationGraph mixed = NetworkMixture.interpolate(a, b, 0, "stem", "sum");

    assertThatArray(mixed.outputSingle(inputs)).isBitEqualTo(a.outputSingle(inputs));
    assertThat(mixed.numParams()).isEqualTo(a.numParams());
  }

  @Test
  void should_go_on_from_the_mixture_in_every_model() {
    ComputationGraph a = residual(1, 5);
    ComputationGraph b = residual(2, 7); // another hidden width between the cuts

    ComputationGraph mixed = NetworkMixture.of(a, b).at("stem", 0.25, 0.75).at("sum", 0.6, 0.4).build();

    INDArray stem = a.feedForward(inputs, false).get("stem").mul(0.25).add(b.feedForward(inputs, false).get("stem").mul(0.75));
    INDArray sum = block(a, stem).mul(0.6).add(block(b, stem).mul(0.4));
    INDArray expected = Nd4j.nn.softmax(dense(sum, a, "out"), 1);
    assertThatArray(mixed.feedForward(inputs, false).get("stem.mixed")).isCloseTo(stem, CLOSE);
    assertThatArray(mixed.feedForward(inputs, false).get("sum.mixed")).isCloseTo(sum, CLOSE);
    assertThatArray(mixed.outputSingle(inputs)).isCloseTo(expected, CLOSE);
    assertThat(mixed.getConfiguration().getVertices()).doesNotContainKey("model1.out").containsKey("model1.up");
  }

  @Test
  void should_mix_outputs_of_any_number_of_models() {
    MultiLayerNetwork a = convolutional(1);
    MultiLayerNetwork b = convolutional(2);
    MultiLayerNetwork c = convolutional(3);
    INDArray images = Nd4j.rand(DataType.FLOAT, 5, 36);

    ComputationGraph mixed = NetworkMixture.of(a, b, c).at("3", 0.2, 0.3, 0.5).build();

    assertThatArray(mixed.outputSingle(images))
        .isCloseTo(a.output(images).mul(0.2).add(b.output(images).mul(0.3)).add(c.output(images).mul(0.5)), CLOSE);
    assertThatArray(NetworkMixture.of(a, b, c).at("3", 0, 0, 1).build().outputSingle(images)).isBitEqualTo(c.output(images));
  }

  @Test
  void should_agree_with_interpolated_weights_up_to_the_first_non_linearity() {
    ComputationGraph a = residual(1, 5);
    ComputationGraph b = residual(2, 5);

    ComputationGraph activations = NetworkMixture.interpolate(a, b, 0.3, "stem");
    ComputationGraph weights = Merger.interpolate(a, b, 0.3);

    assertThatArray(activations.feedForward(inputs, false).get("stem.mixed"))
        .isCloseTo(weights.feedForward(inputs, false).get("stem"), CLOSE);
  }

  @Test
  void should_leave_the_models_alone() {
    ComputationGraph a = residual(1, 5);
    ComputationGraph b = residual(2, 5);
    INDArray before = a.params().dup();
    String configuration = b.getConfiguration().toJson();

    NetworkMixture.interpolate(a, b, 0.5, "sum").params().addi(1);

    assertThatArray(a.params()).isBitEqualTo(before);
    assertThat(b.getConfiguration().toJson()).isEqualTo(configuration);
  }

  @Test
  void should_name_everything_that_does_not_fit() {
    ComputationGraph a = residual(1, 5);
    ComputationGraph b = residual(2, 7);

    assertThatThrownBy(() -> NetworkMixture.interpolate(a, b, 0.5, "up", "nowhere")).isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("model 1 answers at \"up\" with a width of 7, model 0 with 5")
        .hasMessageContaining("model 0 has no vertex \"nowhere\"; there are [").hasMessageContaining("model 1 has no vertex \"nowhere\"");
    assertThatThrownBy(() -> NetworkMixture.interpolate(a, b, 0.5)).hasMessageContaining("no cut point");
    assertThatThrownBy(() -> NetworkMixture.interpolate(a, b, -0.5, "sum")).hasMessageContaining("alpha is -0.5");
    assertThatThrownBy(() -> NetworkMixture.of(a, b).at("sum", 1)).hasMessageContaining("weights [1.0] at \"sum\"; 2 models need");
    assertThatThrownBy(() -> NetworkMixture.of(a, b).at("sum", 0, 0)).hasMessageContaining("not all of them 0");
  }

  private static INDArray block(ComputationGraph graph, INDArray stem) {
    INDArray hidden = Nd4j.math.tanh(dense(stem, graph, "up"));
    return stem.add(dense(hidden, graph, "down"));
  }

  private static INDArray dense(INDArray input, ComputationGraph graph, String layer) {
    return input.mmul(graph.getParam(layer + "_W")).addiRowVector(graph.getParam(layer + "_b"));
  }

  private static ComputationGraph residual(int seed, int hidden) {
    ComputationGraph graph = new ComputationGraph(new NeuralNetConfiguration.Builder().seed(seed).biasInit(0.1 * seed).graphBuilder()
        .addInputs("in")
        .addLayer("stem", new DenseLayer.Builder().nIn(4).nOut(3).activation(Activation.IDENTITY).build(), "in")
        .addLayer("up", new DenseLayer.Builder().nIn(3).nOut(hidden).activation(Activation.TANH).build(), "stem")
        .addLayer("down", new DenseLayer.Builder().nIn(hidden).nOut(3).activation(Activation.IDENTITY).build(), "up")
        .addVertex("sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), "stem", "down")
        .addLayer("out", new OutputLayer.Builder().nIn(3).nOut(2).activation(Activation.SOFTMAX).build(), "sum").setOutputs("out").build());
    graph.init();
    return graph;
  }

  private static MultiLayerNetwork convolutional(int seed) {
    MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder().seed(seed).list()
        .layer(new ConvolutionLayer.Builder(3, 3).nOut(4).activation(Activation.RELU).build())
        .layer(new BatchNormalization.Builder().build())
        .layer(new DenseLayer.Builder().nOut(5).activation(Activation.TANH).build())
        .layer(new OutputLayer.Builder().nOut(3).activation(Activation.SOFTMAX).build())
        .setInputType(InputType.convolutionalFlat(6, 6, 1)).build());
    network.init();
    return network;
  }
}
