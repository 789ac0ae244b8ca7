package io.modelweave.merge.statistics;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.modelweave.core.LanguageModel;
import io.modelweave.core.testing.GoldenModels;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.training.ParameterFilter;
import io.modelweave.core.transformer.TransformerGraph;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

class FisherInformationTest {

  private static final double FLOAT_CLOSE = 1e-6;

  private final INDArray inputs = Nd4j.createFromArray(new float[][] {{1, -0.5f}, {0.3f, 2}, {-1, 0.7f}});

  @Test
  void should_equal_the_closed_form_of_softmax_regression() {
    MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder().seed(1).l2(0.3).dropOut(0.5).list()
        .layer(new OutputLayer.Builder().nIn(2).nOut(3).activation(Activation.SOFTMAX).build()).build());
    network.init();
    INDArray p = network.output(inputs);

    FisherInformation information = FisherInformation.expected(network, List.of(inputs));

    for (int c = 0; c < 3; c++) {
      for (int i = 0; i < 2; i++) {
        double expected = 0;
        for (int n = 0; n < 3; n++) {
          expected += Math.pow(inputs.getDouble(n, i), 2) * p.getDouble(n, c) * (1 - p.getDouble(n, c)) / 3;
        }
        assertThat(information.diagonal().tensor("0_W").getDouble(i, c)).isCloseTo(expected, within(FLOAT_CLOSE));
      }
    }
    assertThat(information.examples()).isEqualTo(3);
    assertThat(information.diagonal().tensor("0_W").dataType()).isEqualTo(DataType.DOUBLE);
  }

  @Test
  void should_equal_a_plain_backward_pass_for_a_hidden_layer() {
    MultiLayerNetwork network = classifier(2);
    INDArray labels = Nd4j.createFromArray(new float[][] {{0, 1, 0}, {1, 0, 0}, {0, 0, 1}});

    FisherInformation empirical = FisherInformation.empirical(network, List.of(new DataSet(inputs, labels)));
    FisherInformation expected = FisherInformation.expected(network, List.of(inputs));

    double[][] given = new double[2][4];
    double[][] mean = new double[2][4];
    double[][] p = network.output(inputs).toDoubleMatrix();
    for (int n = 0; n < 3; n++) {
      for (int label = 0; label < 3; label++) {
        addHiddenSquares(network, n, label, labels.getDouble(n, label) / 3, given);
        addHiddenSquares(network, n, label, p[n][label] / 3, mean);
      }
    }
    assertThatArray(empirical.diagonal().tensor("0_W")).isCloseTo(Nd4j.createFromArray(given), FLOAT_CLOSE);
    assertThatArray(expected.diagonal().tensor("0_W")).isCloseTo(Nd4j.createFromArray(mean), FLOAT_CLOSE);
  }

  @Test
  void should_not_depend_on_how_examples_are_cut_into_batches() {
    MultiLayerNetwork network = classifier(2);
    INDArray before = network.params().dup();

    FisherInformation whole = FisherInformation.expected(network, List.of(inputs));
    FisherInformation cut = FisherInformation.expected(network, List.of(inputs.getRows(0), inputs.getRows(1, 2)));

    for (String name : whole.diagonal().names()) {
      assertThatArray(cut.diagonal().tensor(name)).isBitEqualTo(whole.diagonal().tensor(name));
    }
    assertThatArray(network.params()).isBitEqualTo(before);
  }

  @Test
  void should_square_the_gradient_of_each_sequence_of_a_language_model() {
    LanguageModel model = GoldenModels.load("gpt2-math");
    TokenBatch batch = GoldenModels.batch();
    String name = "transformer.h.1.mlp.c_proj.bias";
    INDArray bias = model.parameters().get(name);
    double step = 1e-2;

    FisherInformation information = FisherInformation.empirical(model, ParameterFilter.mlps(), List.of(batch));

    assertThat(information.examples()).isEqualTo(3);
    assertThat(information.diagonal().contains("transformer.wte.weight")).isFalse();
    for (int i = 0; i < 5; i++) {
      double expected = 0;
      for (int[] row : batch.ids()) {
        TokenBatch one = new TokenBatch(new int[][] {row});
        float value = bias.getFloat(i);
        bias.putScalar(i, value + step);
        double above = model.loss(List.of(one));
        bias.putScalar(i, value - step);
        double below = model.loss(List.of(one));
        bias.putScalar(i, value);
        expected += Math.pow((row.length - 1) * (above - below) / (2 * step), 2) / 3;
      }
      assertThat(information.diagonal().tensor(name).getDouble(i)).isCloseTo(expected, within(0.02 * expected + 1e-4));
    }
  }

  @Test
  void should_draw_labels_from_the_model() {
    LanguageModel model = GoldenModels.load("gpt2-math");
    TokenBatch pair = new TokenBatch(new int[][] {{3, 5}});
    String name = "transformer.ln_f.bias";
    ParameterFilter filter = parameter -> parameter.equals(name);
    int vocabulary = model.configuration().vocabularySize();
    INDArray p = Nd4j.nn.softmax(model.logits(pair).castTo(DataType.DOUBLE), 2);
    double expected = 0;
    try (TransformerGraph graph = model.trainingGraph(1, 1, Set.of(name))) {
      for (int label = 0; label < vocabulary; label++) {
        INDArray gradient = graph.gradients(new int[] {3}, new int[] {label}).byParameter().get(name).castTo(DataType.DOUBLE);
        expected += p.getDouble(0, 0, label) * gradient.mul(gradient).sumNumber().doubleValue();
      }
    }

    FisherInformation sampled = FisherInformation.sampled(model, filter, List.of(pair), 400, 1);

    assertThat(sampled.diagonal().tensor(name).sumNumber().doubleValue()).isCloseTo(expected, within(0.15 * expected));
    assertThatArray(FisherInformation.sampled(model, filter, List.of(pair), 3, 7).diagonal().tensor(name))
        .isBitEqualTo(FisherInformation.sampled(model, filter, List.of(pair), 3, 7).diagonal().tensor(name));
  }

  @Test
  void should_draw_in_proportion_to_the_exponential_of_the_logits() {
    SplittableRandom random = new SplittableRandom(1);
    double[] logits = {1000 + Math.log(1), 1000 + Math.log(2), 1000 + Math.log(7)};
    int[] counts = new int[3];
    for (int i = 0; i < 10_000; i++) {
      counts[SequenceGradients.draw(logits, random)]++;
    }

    assertThat(counts[0]).isBetween(850, 1150);
    assertThat(counts[1]).isBetween(1800, 2200);
    assertThat(counts[2]).isBetween(6800, 7200);
  }

  @Test
  void should_refuse_networks_without_a_likelihood_or_a_gradient_of_one_example() {
    MultiLayerNetwork regression = new MultiLayerNetwork(new NeuralNetConfiguration.Builder().list()
        .layer(new BatchNormalization.Builder().nIn(2).nOut(2).build())
        .layer(new OutputLayer.Builder(LossFunction.MSE).nIn(2).nOut(3).activation(Activation.IDENTITY).build()).build());
    regression.init();
    LanguageModel model = GoldenModels.load("gpt2-math");

    assertThatThrownBy(() -> FisherInformation.expected(regression, List.of(inputs))).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("output \"1\" is no softmax with cross-entropy").hasMessageContaining("normalises by the batch");
    assertThatThrownBy(() -> FisherInformation.expected(classifier(1), List.of())).hasMessageContaining("no example");
    assertThatThrownBy(() -> FisherInformation.empirical(model, parameter -> false, List.of()))
        .hasMessageContaining("names none of the model's parameters");
    assertThatThrownBy(() -> FisherInformation.sampled(model, ParameterFilter.all(), List.of(), 0, 1)).hasMessageContaining("0 draws");
  }

  /** Adds {@code weight} times the squared gradient of {@code log p(label)} for {@code W} of the hidden tanh layer. */
  private void addHiddenSquares(MultiLayerNetwork network, int n, int label, double weight, double[][] squares) {
    double[] hidden = network.feedForward(inputs.getRows(n)).get(1).toDoubleVector();
    double[] p = network.output(inputs.getRows(n)).toDoubleVector();
    for (int j = 0; j < 4; j++) {
      double upstream = 0;
      for (int c = 0; c < 3; c++) {
        upstream += network.getParam("1_W").getDouble(j, c) * ((c == label ? 1 : 0) - p[c]);
      }
      for (int i = 0; i < 2; i++) {
        squares[i][j] += weight * Math.pow(inputs.getDouble(n, i) * (1 - hidden[j] * hidden[j]) * upstream, 2);
      }
    }
  }

  static MultiLayerNetwork classifier(int seed) {
    MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder().seed(seed).list()
        .layer(new DenseLayer.Builder().nIn(2).nOut(4).activation(Activation.TANH).build())
        .layer(new OutputLayer.Builder().nIn(4).nOut(3).activation(Activation.SOFTMAX).build()).build());
    network.init();
    return network;
  }
}
