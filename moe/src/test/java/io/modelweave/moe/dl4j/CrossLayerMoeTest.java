package io.modelweave.moe.dl4j;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.modelweave.core.ModelMismatchException;
import io.modelweave.moe.LayerWindow;
import io.modelweave.moe.RouterInitialization;
import io.modelweave.moe.RouterOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

class CrossLayerMoeTest {

  private static final RouterOptions PAPER = RouterOptions.defaults().withInitialization(RouterInitialization.PAPER, 3);

  private final MultiLayerNetwork a = network(1, 8);
  private final MultiLayerNetwork b = network(2, 8);
  private final DataSet data = data();

  private static MultiLayerNetwork network(int seed, int width) {
    MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder().seed(seed).dataType(DataType.FLOAT).list()
        .layer(new DenseLayer.Builder().nIn(5).nOut(width).activation(Activation.TANH).build())
        .layer(new DenseLayer.Builder().nIn(width).nOut(width).activation(Activation.TANH).build())
        .layer(new DenseLayer.Builder().nIn(width).nOut(width).activation(Activation.SIGMOID).build())
        .layer(new OutputLayer.Builder(LossFunction.MCXENT).nIn(width).nOut(3).activation(Activation.SOFTMAX).build()).build());
    network.init();
    return network;
  }

  private static DataSet data() {
    INDArray features = Nd4j.create(DataType.FLOAT, 30, 5);
    INDArray labels = Nd4j.zeros(DataType.FLOAT, 30, 3);
    SplittableRandom random = new SplittableRandom(4);
    for (int row = 0; row < 30; row++) {
      for (int column = 0; column < 5; column++) {
        features.putScalar(row, column, random.nextGaussian());
      }
      labels.putScalar(row, features.getDouble(row, 0) > 0 ? features.getDouble(row, 1) > 0 ? 0 : 1 : 2, 1);
    }
    return new DataSet(features, labels);
  }

  @Test
  void should_be_the_network_when_every_expert_is_its_own_layer() {
    CrossLayerMoe alone = CrossLayerMoe.over(List.of(a), LayerWindow.upThenDown(1), PAPER);
    CrossLayerMoe twins = CrossLayerMoe.over(List.of(a, a.clone()), LayerWindow.upThenDown(1), PAPER);

    assertThatArray(alone.output(data.getFeatures())).isCloseTo(a.output(data.getFeatures()), 1e-6);
    assertThatArray(twins.output(data.getFeatures())).isCloseTo(a.output(data.getFeatures()), 1e-6);
    assertThat(alone.score(data)).isCloseTo(a.score(data), within(1e-6));
  }

  @ParameterizedTest
  @CsvSource({"0, false", "2, false", "2, true"})
  void should_have_the_gradients_of_central_differences(int topK, boolean renormalise) {
    CrossLayerMoe moe = CrossLayerMoe.over(List.of(a, b), LayerWindow.upThenDown(2),
        PAPER.withTopK(topK).withRenormalise(renormalise).withTemperature(2));
    List<INDArray> gradients = new ArrayList<>();
    moe.gradients(data, gradients);
    double step = 4e-3;

    for (int block = 0; block < 2; block++) {
      double error = 0;
      double largest = 0;
      for (int column = 0; column < 8; column++) {
        double middle = moe.router(block).getDouble(1, column);
        moe.router(block).putScalar(1, column, middle + step);
        double up = moe.score(data);
        moe.router(block).putScalar(1, column, middle - step);
        double down = moe.score(data);
        moe.router(block).putScalar(1, column, middle);
        error = Math.max(error, Math.abs((up - down) / (2 * step) - gradients.get(block).getDouble(1, column)));
        largest = Math.max(largest, Math.abs(gradients.get(block).getDouble(1, column)));
      }
      assertThat(error).as("block %d", block).isLessThan(0.02 * largest + 1e-4);
    }
  }

  @Test
  void should_train_routers_and_leave_the_networks() {
    INDArray before = b.params().dup();
    CrossLayerMoe moe = CrossLayerMoe.over(List.of(a, b), LayerWindow.all(), PAPER.withTopK(2));

    List<Double> losses = moe.train(List.of(data), 5e-2, 40);

    assertThat(moe.score(data)).isLessThan(losses.get(0) - 0.01);
    assertThatArray(b.params()).isBitEqualTo(before);
  }

  @Test
  void should_refuse_networks_and_options_that_do_not_fit() {
    assertThatThrownBy(() -> CrossLayerMoe.over(List.of(a, network(1, 6)), LayerWindow.upThenDown(1), PAPER))
        .isInstanceOf(ModelMismatchException.class).hasMessageContaining("layer 1 of network 1 has width 6, the host 8");
    assertThatThrownBy(() -> CrossLayerMoe.over(List.of(a), LayerWindow.upThenDown(1), PAPER.withShared(true)))
        .hasMessageContaining("shared");
    assertThatThrownBy(() -> CrossLayerMoe.over(List.of(a), LayerWindow.upThenDown(3), PAPER)).hasMessageContaining("3 layers");
    assertThatThrownBy(() -> CrossLayerMoe.over(List.of(a), LayerWindow.upThenDown(1), PAPER.withTopK(2)))
        .hasMessageContaining("topK is 2, block 0 has 1 experts");
    CrossLayerMoe constant = CrossLayerMoe.over(List.of(a, b), LayerWindow.upThenDown(1), PAPER.withTopK(1).withRenormalise(true));
    assertThatThrownBy(() -> constant.train(List.of(data), 1e-2, 1)).hasMessageContaining("gradient is zero");
    CrossLayerMoe moe = CrossLayerMoe.over(List.of(a, b), LayerWindow.upThenDown(1), PAPER);
    assertThatThrownBy(() -> moe.train(List.of(), 1e-2, 1)).hasMessageContaining("no batch");
    assertThatThrownBy(() -> moe.output(Nd4j.valueArrayOf(new long[] {2, 5}, Float.NaN, DataType.FLOAT))).hasMessageContaining("block 0");
  }
}
