package io.modelweave.core.dl4j;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.ModelMismatchException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.ops.transforms.Transforms;

class NetworkWeightsTest {

  private static final double BETA_IN_FLOAT = 2e-5; // 1 - 0.999f is off by 1.3e-5 of itself

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

  @Test
  void should_carry_batch_norm_statistics_and_updater_state_through_a_file_so_that_training_continues_bit_for_bit() {
    MultiLayerNetwork network = network(1, 5);
    DataSet data = data();
    network.fit(data);
    network.fit(data);
    NetworkWeights.checkpointWithUpdater(network).write(folder.resolve("u.safetensors"));

    try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("u.safetensors"))) {
      assertThat(checkpoint.names()).startsWith("0_W", "0_b", "1_gamma", "1_beta", "1_mean", "1_log10stdev", "2_W", "2_b")
          .endsWith("updater.0_W.M", "updater.0_W.V", "updater.0_b.M", "updater.0_b.V", "updater.1_gamma.M", "updater.1_gamma.V",
              "updater.1_beta.M", "updater.1_beta.V", "updater.2_W.M", "updater.2_W.V", "updater.2_b.M", "updater.2_b.V").hasSize(20);
      assertThat(checkpoint.metadata()).containsEntry("iteration", "2").containsEntry("epoch", "0");
      assertThat(checkpoint.tensor("1_mean").norm1Number().doubleValue()).isPositive();
      assertThatArray(checkpoint.tensor("updater.0_W.M")).hasShape(4, 5);
      MultiLayerNetwork loaded = NetworkWeights.withWeights(network(2, 5), checkpoint);
      assertThatArray(loaded.params()).isBitEqualTo(network.params());
      assertThatArray(loaded.getUpdater().getStateViewArray()).isBitEqualTo(network.getUpdater().getStateViewArray());

      loaded.fit(data);
      network.fit(data);

      assertThatArray(loaded.params()).isBitEqualTo(network.params());
    }
  }

  @Test
  void should_cut_updater_state_up_by_parameter() {
    MultiLayerNetwork network = network(1, 5);
    network.fit(data());

    try (Checkpoint before = NetworkWeights.checkpoint(network(1, 5)); Checkpoint after = NetworkWeights.checkpointWithUpdater(network)) {
      for (String parameter : List.of("0_W", "0_b", "1_gamma", "1_beta", "2_W", "2_b")) {
        // after one step, the moments are (1 - beta1) g and (1 - beta2) g^2, and the parameter went against g
        INDArray m = after.tensor("updater." + parameter + ".M").castTo(DataType.DOUBLE);
        INDArray v = after.tensor("updater." + parameter + ".V").castTo(DataType.DOUBLE);
        assertThatArray(v).isRelativelyCloseTo(m.mul(m).mul((1 - 0.999) / ((1 - 0.9) * (1 - 0.9))), BETA_IN_FLOAT);
        INDArray step = after.tensor(parameter).sub(before.tensor(parameter)).castTo(DataType.DOUBLE);
        assertThatArray(Transforms.sign(step, true)).isCloseTo(Transforms.sign(m, true).neg(), 0);
      }
    }
  }

  @Test
  void should_carry_the_updater_of_a_graph_and_leave_out_what_was_never_trained() {
    ComputationGraph graph = graph(1);
    try (Checkpoint untrained = NetworkWeights.checkpointWithUpdater(graph)) {
      assertThat(untrained.names()).containsExactly("dense_W", "dense_b", "out_W", "out_b");
    }
    graph.fit(data());

    try (Checkpoint checkpoint = NetworkWeights.checkpointWithUpdater(graph)) {
      assertThat(checkpoint.names()).contains("updater.dense_W.V", "updater.out_b.M").hasSize(12);
      ComputationGraph loaded = NetworkWeights.withWeights(graph(2), checkpoint);
      loaded.fit(data());
      graph.fit(data());
      assertThatArray(loaded.params()).isBitEqualTo(graph.params());
    }
  }

  @Test
  void should_refuse_updater_state_of_another_updater_or_without_counts() {
    MultiLayerNetwork network = network(1, 5);
    network.fit(data());
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    try (Checkpoint whole = NetworkWeights.checkpointWithUpdater(network)) {
      whole.names().forEach(name -> tensors.put(name, whole.tensor(name)));
    }

    assertThatThrownBy(() -> NetworkWeights.withWeights(network, Checkpoint.of(tensors))).hasMessageContaining("\"iteration\" is null")
        .hasMessageContaining("checkpointWithUpdater");
    tensors.put("updater.0_W.G", tensors.remove("updater.0_W.M"));
    assertThatThrownBy(() -> NetworkWeights.withWeights(network, Checkpoint.of(tensors))).isInstanceOf(ModelMismatchException.class)
        .hasMessageContaining("\"updater.0_W.M\": F32 [4, 5] only in the first").hasMessageContaining("\"updater.0_W.G\"");
  }

  private static DataSet data() {
    Nd4j.getRandom().setSeed(7);
    INDArray labels = Nd4j.zeros(DataType.FLOAT, 6, 3);
    for (int i = 0; i < 6; i++) {
      labels.putScalar(i, i % 3, 1);
    }
    return new DataSet(Nd4j.rand(DataType.FLOAT, 6, 4), labels);
  }

  private static MultiLayerNetwork network(int seed, int width) {
    MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder().seed(seed).updater(new Adam(0.01)).list()
        .layer(new DenseLayer.Builder().nIn(4).nOut(width).build())
        .layer(new BatchNormalization.Builder().nOut(width).build())
        .layer(new OutputLayer.Builder().nIn(width).nOut(3).build()).build());
    network.init();
    return network;
  }

  private static ComputationGraph graph(int seed) {
    ComputationGraph graph = new ComputationGraph(new NeuralNetConfiguration.Builder().seed(seed).updater(new Adam(0.01)).graphBuilder().addInputs("in")
        .addLayer("dense", new DenseLayer.Builder().nIn(4).nOut(5).build(), "in")
        .addLayer("out", new OutputLayer.Builder().nIn(5).nOut(3).build(), "dense").setOutputs("out").build());
    graph.init();
    return graph;
  }
}
