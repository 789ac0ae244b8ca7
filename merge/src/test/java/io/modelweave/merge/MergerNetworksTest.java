package io.modelweave.merge;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.dl4j.NetworkWeights;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.ops.transforms.Transforms;

class MergerNetworksTest {

  @Test
  void should_return_either_end_bit_for_bit_and_the_middle_in_between() {
    MultiLayerNetwork a = network(1, 5, Activation.RELU);
    MultiLayerNetwork b = network(2, 5, Activation.RELU);
    b.fit(new DataSet(Nd4j.rand(DataType.FLOAT, 8, 4), Nd4j.ones(DataType.FLOAT, 8, 3)));
    INDArray beforeA = a.params().dup();
    INDArray beforeB = b.params().dup();

    assertThatArray(Merger.interpolate(a, b, 0).params()).isBitEqualTo(beforeA);
    assertThatArray(Merger.interpolate(a, b, 1).params()).isBitEqualTo(beforeB);
    MultiLayerNetwork middle = Merger.interpolate(a, b, 0.5);
    assertThatArray(middle.params()).isBitEqualTo(Merger.interpolate(beforeA, beforeB, 0.5));

    middle.fit(new DataSet(Nd4j.rand(DataType.FLOAT, 8, 4), Nd4j.ones(DataType.FLOAT, 8, 3)));
    assertThatArray(a.params()).isBitEqualTo(beforeA);
    assertThatArray(b.params()).isBitEqualTo(beforeB);
  }

  @Test
  void should_merge_the_weights_of_networks_by_any_method() {
    MultiLayerNetwork a = network(1, 5, Activation.RELU);
    MultiLayerNetwork b = network(2, 5, Activation.RELU);
    Merge merge = Merger.of(NetworkWeights.checkpoint(a), NetworkWeights.checkpoint(b)).method(new Slerp());

    MultiLayerNetwork middle = NetworkWeights.withWeights(a, merge.alpha(0.5).merge());

    assertThatArray(NetworkWeights.withWeights(a, merge.alpha(1).merge()).params()).isBitEqualTo(b.params());
    double cosine = Transforms.cosineSim(a.getParam("0_W").castTo(DataType.DOUBLE), b.getParam("0_W").castTo(DataType.DOUBLE));
    double share = Math.sin(Math.acos(cosine) / 2) / Math.sin(Math.acos(cosine));
    assertThatArray(middle.getParam("0_W")).isCloseTo(a.getParam("0_W").add(b.getParam("0_W")).mul(share), 1e-6);
  }

  @Test
  void should_interpolate_graphs() {
    ComputationGraph a = graph(1, "dense");
    ComputationGraph b = graph(2, "dense");
    INDArray beforeA = a.params().dup();

    assertThatArray(Merger.interpolate(a, b, 0).params()).isBitEqualTo(a.params());
    assertThatArray(Merger.interpolate(a, b, 1).params()).isBitEqualTo(b.params());
    assertThatArray(Merger.interpolate(a, b, 0.3).params()).isBitEqualTo(Merger.interpolate(a.params(), b.params(), 0.3));
    assertThatArray(a.params()).isBitEqualTo(beforeA);
  }

  @Test
  void should_accept_networks_that_were_trained_differently() {
    MultiLayerNetwork a = network(1, 5, Activation.RELU);
    MultiLayerNetwork b = new MultiLayerNetwork(new NeuralNetConfiguration.Builder().seed(9).updater(new Adam(0.1)).l2(0.5).dropOut(0.5).list()
        .layer(new DenseLayer.Builder().nIn(4).nOut(5).activation(Activation.RELU).name("renamed").build())
        .layer(new BatchNormalization.Builder().nOut(5).build())
        .layer(new OutputLayer.Builder().nIn(5).nOut(3).activation(Activation.SOFTMAX).build()).build());
    b.init();

    assertThat(Merger.interpolate(a, b, 0.5).numParams()).isEqualTo(a.numParams());
  }

  @Test
  void should_list_every_difference_between_networks() {
    assertThatThrownBy(() -> Merger.interpolate(network(1, 5, Activation.RELU), network(1, 6, Activation.TANH), 0.5))
        .isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("layer.activationFn is ActivationReLU against ActivationTanH")
        .hasMessageContaining("layer.nout is 5 against 6")
        .satisfies(e -> assertThat(((ModelMismatchException) e).problems()).contains("\"0_W\": F32 [4, 5] against F32 [4, 6]"));
  }

  @Test
  void should_list_every_difference_between_graphs() {
    assertThatThrownBy(() -> Merger.interpolate(graph(1, "dense"), graph(1, "hidden"), 0.5)).isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("configuration.vertices.dense is LayerVertex against absent")
        .satisfies(e -> assertThat(((ModelMismatchException) e).problems()).anyMatch(p -> p.contains("\"hidden_W\": F32 [4, 5] only in the second")));
  }

  @Test
  void should_refuse_a_weight_outside_the_unit_interval() {
    MultiLayerNetwork network = network(1, 5, Activation.RELU);
    ComputationGraph graph = graph(1, "dense");

    assertThatThrownBy(() -> Merger.interpolate(network, network, 2)).hasMessageContaining("extrapolation");
    assertThatThrownBy(() -> Merger.interpolate(graph, graph, Double.NaN)).hasMessageContaining("extrapolation");
  }

  private static MultiLayerNetwork network(int seed, int width, Activation activation) {
    MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder().seed(seed).list()
        .layer(new DenseLayer.Builder().nIn(4).nOut(width).activation(activation).build())
        .layer(new BatchNormalization.Builder().nOut(width).build())
        .layer(new OutputLayer.Builder().nIn(width).nOut(3).activation(Activation.SOFTMAX).build()).build());
    network.init();
    return network;
  }

  private static ComputationGraph graph(int seed, String name) {
    ComputationGraph graph = new ComputationGraph(new NeuralNetConfiguration.Builder().seed(seed).graphBuilder().addInputs("in")
        .addLayer(name, new DenseLayer.Builder().nIn(4).nOut(5).build(), "in")
        .addLayer("out", new OutputLayer.Builder().nIn(5).nOut(3).activation(Activation.SOFTMAX).build(), name).setOutputs("out").build());
    graph.init();
    return graph;
  }
}
