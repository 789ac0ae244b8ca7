package io.modelweave.core.dl4j;

import static io.modelweave.core.testing.ArrayAssert.assertThatArray;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.ActivationRecorder;
import io.modelweave.core.Activations;
import io.modelweave.core.Pooling;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

class NetworkActivationsTest {

  private static final double ROUNDED_ONCE = 1e-6;

  @Test
  void should_record_what_feed_forward_returns_without_dropout() {
    MultiLayerNetwork network = dense();
    INDArray first = Nd4j.rand(DataType.FLOAT, 5, 4);
    INDArray second = Nd4j.rand(DataType.FLOAT, 3, 4);
    INDArray before = first.dup();

    Activations recorded = ActivationRecorder.of(NetworkActivations.of(network)).layers("*").record(List.of(first, second));

    assertThat(recorded.layers()).containsExactly("0", "1", "2");
    assertThat(recorded.sampleIds()).containsExactly("0", "1", "2", "3", "4", "5", "6", "7");
    for (int layer = 0; layer < 3; layer++) {
      INDArray expected = Nd4j.concat(0, network.feedForward(first).get(layer + 1), network.feedForward(second).get(layer + 1));
      assertThatArray(recorded.get("" + layer)).isBitEqualTo(expected);
      assertThat(recorded.get("" + layer).isAttached()).isFalse();
    }
    assertThatArray(first).isBitEqualTo(before);
  }

  @Test
  void should_run_no_further_than_the_last_layer_asked_for() {
    MultiLayerNetwork network = dense();
    INDArray input = Nd4j.rand(DataType.FLOAT, 5, 4);

    Activations recorded = NetworkActivations.of(network).activations(List.of(input), Pooling.MEAN, List.of("1"));

    assertThat(recorded.layers()).containsExactly("1");
    assertThatArray(recorded.get("1")).isBitEqualTo(network.feedForward(input).get(2));
  }

  @Test
  void should_turn_the_sequences_of_both_formats_and_honour_the_mask() {
    for (RNNFormat format : RNNFormat.values()) {
      MultiLayerNetwork network = recurrent(format);
      INDArray nwc = Nd4j.rand(DataType.FLOAT, 2, 5, 3);
      INDArray features = format == RNNFormat.NCW ? nwc.permute(0, 2, 1).dup() : nwc;
      INDArray mask = Nd4j.createFromArray(new float[][] {{1, 1, 1, 1, 1}, {1, 1, 0, 0, 0}});
      DataSet set = new DataSet(features, null, mask, null);
      var recorder = ActivationRecorder.of(NetworkActivations.of(network).overDataSets());
      INDArray expected = network.feedForward(features, mask, null).get(1);
      INDArray hidden = format == RNNFormat.NCW ? expected.permute(0, 2, 1).dup('c') : expected.dup('c');

      assertThatArray(NetworkActivations.of(network).run(features, List.of("0")).byLayer().get("0"))
          .isBitEqualTo((format == RNNFormat.NCW ? network.feedForward(features).get(1).permute(0, 2, 1) : network.feedForward(features).get(1)).dup('c'));
      Activations all = recorder.layers("0", "1").pooling(Pooling.ALL_TOKENS).record(List.of(set));
      assertThat(all.sampleIds()).containsExactly("0:0", "0:1", "0:2", "0:3", "0:4", "1:0", "1:1");
      assertThatArray(all.get("0")).isBitEqualTo(hidden.reshape(10, 4).getRows(0, 1, 2, 3, 4, 5, 6));
      INDArray last = recorder.layers("0").pooling(Pooling.LAST).record(List.of(set)).get("0");
      assertThatArray(last).isBitEqualTo(hidden.reshape(10, 4).getRows(4, 6));
      INDArray mean = recorder.layers("0").pooling(Pooling.MASKED_MEAN).record(List.of(set)).get("0");
      INDArray rows = hidden.reshape(10, 4).castTo(DataType.DOUBLE);
      assertThatArray(mean).isCloseTo(Nd4j.vstack(rows.getRows(0, 1, 2, 3, 4).mean(0).reshape(1, 4), rows.getRows(5, 6).mean(0).reshape(1, 4)), ROUNDED_ONCE);
    }
  }

  @Test
  void should_leave_no_mask_in_the_network() {
    MultiLayerNetwork network = recurrent(RNNFormat.NCW);
    INDArray features = Nd4j.rand(DataType.FLOAT, 2, 3, 5);
    INDArray before = network.output(features);

    NetworkActivations.of(network).overDataSets().run(new DataSet(features, null, Nd4j.zeros(DataType.FLOAT, 2, 5), null), List.of("1"));

    assertThatArray(network.output(features)).isBitEqualTo(before);
  }

  @Test
  void should_take_images_as_rows_or_their_pixels_as_tokens() {
    for (CNN2DFormat format : CNN2DFormat.values()) {
      MultiLayerNetwork network = convolutional(format);
      INDArray images = format == CNN2DFormat.NCHW ? Nd4j.rand(DataType.FLOAT, 2, 1, 6, 6) : Nd4j.rand(DataType.FLOAT, 2, 6, 6, 1);
      INDArray expected = network.feedForward(images).get(1);
      INDArray pixels = (format == CNN2DFormat.NCHW ? expected.permute(0, 2, 3, 1) : expected).dup('c').reshape(32, 3);
      NetworkActivations<INDArray> source = NetworkActivations.of(network);

      Activations rows = source.activations(List.of(images), Pooling.MEAN, List.of("0", "2"));
      assertThatArray(rows.get("0")).isBitEqualTo(expected.dup('c').reshape(2, 48));
      assertThatArray(rows.get("2")).isBitEqualTo(network.output(images));

      Activations tokens = source.imagesAsTokens().activations(List.of(images), Pooling.ALL_TOKENS, List.of("0"));
      assertThatArray(tokens.get("0")).isBitEqualTo(pixels);
      assertThat(tokens.sampleIds()).startsWith("0:0", "0:1").hasSize(32);
      Activations pooled = source.imagesAsTokens().activations(List.of(images), Pooling.MEAN, List.of("1", "2"));
      INDArray subsampled = network.feedForward(images).get(2);
      assertThatArray(pooled.get("1")).isCloseTo(format == CNN2DFormat.NCHW ? subsampled.mean(2, 3) : subsampled.mean(1, 2), ROUNDED_ONCE);
    }
  }

  @Test
  void should_record_the_vertices_of_a_graph_with_several_inputs() {
    ComputationGraph graph = graph();
    INDArray left = Nd4j.rand(DataType.FLOAT, 4, 3);
    INDArray right = Nd4j.rand(DataType.FLOAT, 4, 2);
    MultiDataSet set = new MultiDataSet(new INDArray[] {left, right}, new INDArray[] {Nd4j.zeros(4, 2)});
    NetworkActivations<?> source = NetworkActivations.of(graph);

    Activations recorded = ActivationRecorder.of(NetworkActivations.of(graph).overMultiDataSets()).layers("*").record(List.of(set, set));

    Map<String, INDArray> expected = graph.feedForward(new INDArray[] {left, right}, false);
    assertThat(source.activationNames()).containsExactlyInAnyOrder("a", "b", "both", "out").endsWith("both", "out");
    assertThat(recorded.layers()).isEqualTo(source.activationNames());
    recorded.layers().forEach(layer ->
        assertThatArray(recorded.get(layer)).isBitEqualTo(Nd4j.concat(0, expected.get(layer), expected.get(layer))));
    assertThat(left.wasClosed()).isFalse();
    assertThatArray(graph.feedForward(new INDArray[] {left, right}, false).get("out")).isBitEqualTo(expected.get("out"));
  }

  @Test
  void should_pool_a_sequence_graph_with_the_one_mask_of_its_inputs() {
    ComputationGraph graph = new ComputationGraph(new NeuralNetConfiguration.Builder().seed(1).graphBuilder().addInputs("x", "y")
        .addLayer("rx", new LSTM.Builder().nIn(2).nOut(3).build(), "x").addLayer("ry", new LSTM.Builder().nIn(2).nOut(3).build(), "y")
        .addVertex("both", new MergeVertex(), "rx", "ry").addLayer("pool", new GlobalPoolingLayer.Builder().build(), "both")
        .addLayer("out", new OutputLayer.Builder().nIn(6).nOut(2).build(), "pool").setOutputs("out").build());
    graph.init();
    INDArray[] features = {Nd4j.rand(DataType.FLOAT, 2, 2, 4), Nd4j.rand(DataType.FLOAT, 2, 2, 4)};
    INDArray mask = Nd4j.createFromArray(new float[][] {{1, 1, 0, 0}, {1, 1, 1, 1}});
    var recorder = ActivationRecorder.of(NetworkActivations.of(graph).overMultiDataSets()).layers("both", "pool").pooling(Pooling.LAST);

    Activations recorded = recorder.record(List.of(new MultiDataSet(features, null, new INDArray[] {mask, mask.dup()}, null)));

    INDArray both = recorder.layers("both").pooling(Pooling.ALL_TOKENS).record(List.of(new MultiDataSet(features, null))).get("both");
    assertThatArray(recorded.get("both")).isCloseTo(both.getRows(1, 7), ROUNDED_ONCE);
    assertThatThrownBy(() -> recorder.record(List.of(new MultiDataSet(features, null, new INDArray[] {mask, mask.add(1)}, null))))
        .hasMessageContaining("different masks").hasMessageContaining("[2, 4]");
  }

  @Test
  void should_refuse_inputs_that_do_not_fit() {
    NetworkActivations<INDArray> recurrent = NetworkActivations.of(recurrent(RNNFormat.NCW));
    DataSet set = new DataSet(Nd4j.rand(DataType.FLOAT, 2, 3, 5), null, Nd4j.ones(DataType.FLOAT, 2, 4), null);
    MultiDataSet one = new MultiDataSet(new INDArray[] {Nd4j.rand(4, 3)}, null);

    assertThatThrownBy(() -> recurrent.overDataSets().run(set, List.of("0"))).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("mask of input 0 is [2, 4]").hasMessageContaining("[2, 3, 5]");
    assertThatThrownBy(() -> NetworkActivations.of(graph()).overMultiDataSets().run(one, List.of("out")))
        .hasMessageContaining("1 feature arrays").hasMessageContaining("2 inputs");
    assertThatThrownBy(() -> recurrent.run(set.getFeatures(), List.of("0", "7", "out"))).hasMessageContaining("no layer [7, out]; there are [0, 1]");
    assertThatThrownBy(() -> NetworkActivations.of(new MultiLayerNetwork(dense().getLayerWiseConfigurations()))).hasMessageContaining("init()");
    assertThatThrownBy(() -> NetworkActivations.of(new ComputationGraph(graph().getConfiguration()))).hasMessageContaining("init()");
  }

  private static MultiLayerNetwork dense() {
    return initialised(new MultiLayerNetwork(new NeuralNetConfiguration.Builder().seed(1).dropOut(0.5).list()
        .layer(new DenseLayer.Builder().nIn(4).nOut(6).build())
        .layer(new BatchNormalization.Builder().nOut(6).build())
        .layer(new OutputLayer.Builder().nIn(6).nOut(3).build()).build()));
  }

  private static MultiLayerNetwork recurrent(RNNFormat format) {
    return initialised(new MultiLayerNetwork(new NeuralNetConfiguration.Builder().seed(1).list()
        .layer(new LSTM.Builder().nIn(3).nOut(4).dataFormat(format).build())
        .layer(new RnnOutputLayer.Builder().nIn(4).nOut(2).dataFormat(format).build()).build()));
  }

  private static MultiLayerNetwork convolutional(CNN2DFormat format) {
    return initialised(new MultiLayerNetwork(new NeuralNetConfiguration.Builder().seed(1).list()
        .layer(new ConvolutionLayer.Builder(3, 3).nOut(3).dataFormat(format).build())
        .layer(new SubsamplingLayer.Builder().kernelSize(2, 2).stride(2, 2).dataFormat(format).build())
        .layer(new OutputLayer.Builder().nOut(2).build()).setInputType(InputType.convolutional(6, 6, 1, format)).build()));
  }

  private static MultiLayerNetwork initialised(MultiLayerNetwork network) {
    network.init();
    return network;
  }

  private static ComputationGraph graph() {
    ComputationGraph graph = new ComputationGraph(new NeuralNetConfiguration.Builder().seed(1).graphBuilder().addInputs("left", "right")
        .addLayer("a", new DenseLayer.Builder().nIn(3).nOut(4).build(), "left")
        .addLayer("b", new DenseLayer.Builder().nIn(2).nOut(5).build(), "right")
        .addVertex("both", new MergeVertex(), "a", "b")
        .addLayer("out", new OutputLayer.Builder().nIn(9).nOut(2).build(), "both").setOutputs("out").build());
    graph.init();
    return graph;
  }
}
