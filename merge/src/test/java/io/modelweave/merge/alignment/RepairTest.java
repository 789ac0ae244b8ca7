package io.modelweave.merge.alignment;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.modelweave.merge.Merger;
import java.util.List;
import java.util.SplittableRandom;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
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

class RepairTest {

  private static final double FLOAT_CLOSE = 1e-4;

  private final List<INDArray> images =
      List.of(Networks.normal(new SplittableRandom(1), 60, 64), Networks.normal(new SplittableRandom(2), 40, 64));

  @Test
  void should_give_every_unit_the_interpolated_mean_and_deviation() {
    MultiLayerNetwork a = plain(1);
    MultiLayerNetwork b = plain(2);
    double alpha = 0.3;
    MultiLayerNetwork merged = Merger.interpolate(a, b, alpha);

    MultiLayerNetwork repaired = Repair.between(a, b, alpha).apply(merged, images);

    double before = 0;
    for (int layer = 0; layer < 3; layer++) {
      INDArray ofA = units(a, layer);
      INDArray ofB = units(b, layer);
      INDArray mean = ofA.mean(0).mul(1 - alpha).add(ofB.mean(0).mul(alpha));
      INDArray deviation = ofA.std(false, 0).mul(1 - alpha).add(ofB.std(false, 0).mul(alpha));
      assertThatArray(units(repaired, layer).mean(0)).isCloseTo(mean, FLOAT_CLOSE);
      assertThatArray(units(repaired, layer).std(false, 0)).isCloseTo(deviation, FLOAT_CLOSE);
      before = Math.max(before, units(merged, layer).std(false, 0).sub(deviation).amaxNumber().doubleValue());
    }
    assertThat(before).isGreaterThan(0.1);
    assertThatArray(repaired.getParam("3_W")).isBitEqualTo(merged.getParam("3_W"));
  }

  @Test
  void should_change_nothing_where_there_is_nothing_to_repair() {
    MultiLayerNetwork a = plain(1);

    MultiLayerNetwork repaired = Repair.between(a, a, 0.5).apply(a, images);

    assertThatArray(repaired.params()).isRelativelyCloseTo(a.params(), 1e-5);
  }

  @Test
  void should_leave_parents_and_merge_as_they_were() {
    MultiLayerNetwork a = plain(1);
    MultiLayerNetwork b = plain(2);
    MultiLayerNetwork merged = Merger.interpolate(a, b, 0.5);
    List<INDArray> before = List.of(a.params().dup(), b.params().dup(), merged.params().dup(), images.get(0).dup());

    Repair.between(a, b, 0.5).apply(merged, images);

    assertThatArray(a.params()).isBitEqualTo(before.get(0));
    assertThatArray(b.params()).isBitEqualTo(before.get(1));
    assertThatArray(merged.params()).isBitEqualTo(before.get(2));
    assertThatArray(images.get(0)).isBitEqualTo(before.get(3));
  }

  @Test
  void should_reset_batch_normalisation_to_exact_statistics() {
    MultiLayerNetwork network = Networks.convolutional(1);

    MultiLayerNetwork reset = Repair.resetStatistics(network, images);

    INDArray input = rows(reset.feedForwardToLayer(0, Nd4j.vstack(images)).get(1));
    assertThatArray(reset.getParam("1_mean")).isCloseTo(input.mean(0).castTo(DataType.FLOAT), FLOAT_CLOSE);
    for (int unit = 0; unit < 6; unit++) {
      assertThat(Math.pow(10, reset.getParam("1_log10stdev").getDouble(unit)))
          .isCloseTo(input.std(false, 0).getDouble(unit), within(FLOAT_CLOSE));
    }
    INDArray output = rows(reset.feedForwardToLayer(1, Nd4j.vstack(images)).get(2));
    assertThatArray(output.mean(0).castTo(DataType.FLOAT)).isCloseTo(network.getParam("1_beta"), FLOAT_CLOSE);
    assertThatArray(Repair.between(network, network, 0.5).apply(network, images).getParam("1_mean")).isBitEqualTo(reset.getParam("1_mean"));
  }

  @Test
  void should_repair_residual_graphs() {
    ComputationGraph a = Networks.residual(1);
    ComputationGraph b = Networks.residual(2);
    List<INDArray> inputs = List.of(Networks.normal(new SplittableRandom(3), 50, 6));

    ComputationGraph repaired = Repair.between(a, b, 0.5).apply(Merger.interpolate(a, b, 0.5), inputs);

    INDArray wanted = spread(a, inputs.get(0)).add(spread(b, inputs.get(0))).mul(0.5);
    assertThatArray(spread(repaired, inputs.get(0))).isCloseTo(wanted, FLOAT_CLOSE);
  }

  @Test
  void should_keep_the_scale_of_a_unit_that_never_changes_and_give_it_the_mean() {
    MultiLayerNetwork a = plain(1);
    MultiLayerNetwork b = plain(2);
    b.getParam("0_W").assign(a.getParam("0_W").neg());

    MultiLayerNetwork repaired = Repair.between(a, b, 0.5).apply(Merger.interpolate(a, b, 0.5), images);

    assertThatArray(repaired.getParam("0_W")).isCloseTo(a.getParam("0_W").mul(0), 0);
    assertThat(repaired.params().isNaN().any()).isFalse();
  }

  @Test
  void should_refuse_what_it_cannot_repair() {
    MultiLayerNetwork plain = plain(1);
    MultiLayerNetwork bare = new MultiLayerNetwork(new NeuralNetConfiguration.Builder().list()
        .layer(new DenseLayer.Builder().nIn(4).nOut(3).hasBias(false).build())
        .layer(new OutputLayer.Builder().nIn(3).nOut(2).activation(Activation.SOFTMAX).build()).build());
    bare.init();

    assertThatThrownBy(() -> Repair.between(plain, plain, 1.5)).hasMessageContaining("alpha is 1.5");
    assertThatThrownBy(() -> Repair.between(plain, plain, 0.5).apply(plain, List.of())).hasMessageContaining("no batch");
    assertThatThrownBy(() -> Repair.between(bare, bare, 0.5).apply(bare, images)).hasMessageContaining("the layers [0] have no bias");
  }

  private static INDArray spread(ComputationGraph graph, INDArray inputs) {
    return graph.feedForward(inputs, false).get("down1").std(false, 0);
  }

  /** Layers before their non-linearity: the network has a layer of its own for each. */
  private INDArray units(MultiLayerNetwork network, int layer) {
    MultiLayerNetwork linear = network.clone();
    ((BaseLayer) linear.getLayer(layer).conf().getLayer()).setActivationFn(Activation.IDENTITY.getActivationFunction());
    return rows(linear.feedForwardToLayer(layer, Nd4j.vstack(images)).get(layer + 1)).castTo(DataType.FLOAT);
  }

  private static INDArray rows(INDArray activation) {
    INDArray rows = activation.rank() == 4 ? activation.permute(0, 2, 3, 1).dup('c').reshape(-1, activation.size(1)) : activation;
    return rows.castTo(DataType.DOUBLE);
  }

  private static MultiLayerNetwork plain(int seed) {
    MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder().seed(seed).activation(Activation.TANH).list()
        .layer(new ConvolutionLayer.Builder(3, 3).nOut(4).build())
        .layer(new DenseLayer.Builder().nOut(7).build())
        .layer(new DenseLayer.Builder().nOut(5).activation(Activation.RELU).build())
        .layer(new OutputLayer.Builder().nOut(3).activation(Activation.SOFTMAX).build())
        .setInputType(InputType.convolutionalFlat(8, 8, 1)).build());
    network.init();
    return network;
  }
}
