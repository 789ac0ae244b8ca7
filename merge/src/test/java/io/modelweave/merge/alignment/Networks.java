package io.modelweave.merge.alignment;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Small networks with every parameter drawn at random, biases and statistics included, so that no axis can be missed unseen. */
final class Networks {

  private Networks() {}

  /** Images of 8 x 8: convolution, batch normalisation, pooling, convolution, dense, output. */
  static MultiLayerNetwork convolutional(long seed) {
    return convolutional(seed, InputType.convolutionalFlat(8, 8, 1));
  }

  /** The same on images as the input type says. */
  static MultiLayerNetwork convolutional(long seed, InputType images) {
    MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder().seed(seed).activation(Activation.RELU).list()
        .layer(new ConvolutionLayer.Builder(3, 3).nOut(6).build())
        .layer(new BatchNormalization.Builder().build())
        .layer(new SubsamplingLayer.Builder(2, 2).stride(2, 2).build())
        .layer(new ConvolutionLayer.Builder(2, 2).nOut(5).build())
        .layer(new DenseLayer.Builder().nOut(7).hasLayerNorm(true).build())
        .layer(new OutputLayer.Builder().nOut(3).activation(Activation.SOFTMAX).build())
        .setInputType(images).build());
    network.init();
    randomise(network.paramTable(), seed);
    return network;
  }

  /** Six numbers in, a stream of eight, two residual blocks of nine hidden units, three numbers out. */
  static ComputationGraph residual(long seed) {
    ComputationGraph graph = new ComputationGraph(new NeuralNetConfiguration.Builder().seed(seed).graphBuilder().addInputs("in")
        .addLayer("embed", new DenseLayer.Builder().nIn(6).nOut(8).activation(Activation.IDENTITY).build(), "in")
        .addLayer("up0", new DenseLayer.Builder().nIn(8).nOut(9).activation(Activation.TANH).build(), "embed")
        .addLayer("down0", new DenseLayer.Builder().nIn(9).nOut(8).activation(Activation.IDENTITY).build(), "up0")
        .addVertex("x0", new ElementWiseVertex(ElementWiseVertex.Op.Add), "embed", "down0")
        .addLayer("norm", new BatchNormalization.Builder().nIn(8).nOut(8).build(), "x0")
        .addLayer("up1", new DenseLayer.Builder().nIn(8).nOut(9).activation(Activation.TANH).build(), "norm")
        .addLayer("down1", new DenseLayer.Builder().nIn(9).nOut(8).activation(Activation.IDENTITY).build(), "up1")
        .addVertex("x1", new ElementWiseVertex(ElementWiseVertex.Op.Add), "x0", "down1")
        .addLayer("out", new OutputLayer.Builder().nIn(8).nOut(3).activation(Activation.SOFTMAX).build(), "x1").setOutputs("out").build());
    graph.init();
    randomise(graph.paramTable(), seed);
    return graph;
  }

  private static void randomise(Map<String, INDArray> parameters, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    parameters.forEach((name, view) -> view.assign(normal(random, view.shape()).muli(name.contains("stdev") ? 0.1 : 0.5)));
  }

  static INDArray normal(SplittableRandom random, long... shape) {
    float[] values = new float[(int) Arrays.stream(shape).reduce(1, Math::multiplyExact)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Nd4j.create(values, shape, 'c');
  }

  /** A random permutation for every group. */
  static Alignment shuffled(PermutationSpec spec, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, Permutation> permutations = new LinkedHashMap<>();
    spec.groups().forEach(group -> permutations.put(group.name(), group.random(random)));
    return Alignment.of(spec, permutations);
  }
}
