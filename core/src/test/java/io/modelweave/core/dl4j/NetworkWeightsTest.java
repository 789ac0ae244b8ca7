package io.modelweave.core.dl4j;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.ModelMismatchException;
import java.nio.file.Path;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class NetworkWeightsTest {

  @TempDir Path folder;

  @Test
  void should_carry_a_network_through_a_file_bit_for_bit() {
    MultiLayerNetwork network = network(1, 5);
    NetworkWeights.checkpoint(network).write(folder.resolve("n.safetensors"));
    MultiLayerNetwork other = network(2, 5);
    INDArray before = other.params().dup();

    try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("n.safetensors"))) {
      assertThat(checkpoint.names()).containsExactly("0_W", "0_b", "1_gamma", "1_beta", "1_mean", "1_log10stdev", "2_W", "2_b");
      MultiLayerNetwork loaded = NetworkWeights.withWeights(other, checkpoint);

      assertThatArray(loaded.params()).isBitEqualTo(network.params());
      INDArray input = Nd4j.rand(DataType.FLOAT, 3, 4);
      assertThatArray(loaded.output(input)).isBitEqualTo(network.output(input));
      assertThatArray(other.params()).isBitEqualTo(before);
    }
  }

  @Test
  void should_carry_a_graph_bit_for_bit() {
    ComputationGraph graph = graph(1);

    try (Checkpoint checkpoint = NetworkWeights.checkpoint(graph)) {
      assertThat(checkpoint.names()).containsExactly("dense_W", "dense_b", "out_W", "out_b");
      assertThatArray(NetworkWeights.withWeights(graph(2), checkpoint).params()).isBitEqualTo(graph.params());
    }
  }

  @Test
  void should_list_everything_that_does_not_fit() {
    Checkpoint narrow = NetworkWeights.checkpoint(network(1, 4));

    assertThatThrownBy(() -> NetworkWeights.withWeights(network(1, 5), narrow)).isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("\"0_W\": F32 [4, 5] against F32 [4, 4]").hasMessageContaining("\"2_W\"");
  }

  @Test
  void should_refuse_a_network_without_parameters() {
    assertThatThrownBy(() -> NetworkWeights.checkpoint(new MultiLayerNetwork(network(1, 5).getLayerWiseConfigurations())))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("init()");
    assertThatThrownBy(() -> NetworkWeights.checkpoint(new ComputationGraph(graph(1).getConfiguration())))
        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("init()");
  }

  private static MultiLayerNetwork network(int seed, int width) {
    MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder().seed(seed).list()
        .layer(new DenseLayer.Builder().nIn(4).nOut(width).build())
        .layer(new BatchNormalization.Builder().nOut(width).build())
        .layer(new OutputLayer.Builder().nIn(width).nOut(3).build()).build());
    network.init();
    return network;
  }

  private static ComputationGraph graph(int seed) {
    ComputationGraph graph = new ComputationGraph(new NeuralNetConfiguration.Builder().seed(seed).graphBuilder().addInputs("in")
        .addLayer("dense", new DenseLayer.Builder().nIn(4).nOut(5).build(), "in")
        .addLayer("out", new OutputLayer.Builder().nIn(5).nOut(3).build(), "dense").setOutputs("out").build());
    graph.init();
    return graph;
  }
}
