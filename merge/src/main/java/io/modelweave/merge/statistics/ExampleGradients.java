package io.modelweave.merge.statistics;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/** Gradients of a DL4J classifier's log-probabilities, one example and one label at a time. */
final class ExampleGradients {

  private final ComputationGraph graph;

  /** Copies a graph without what makes its training differ from its inference. */
  ExampleGradients(ComputationGraph original) {
    requireClassifier(original);
    graph = new ComputationGraph(original.getConfiguration().clone());
    graph.init(original.params(), true);
    for (org.deeplearning4j.nn.api.Layer layer : graph.getLayers()) {
      Layer configuration = layer.conf().getLayer();
      configuration.setIDropout(null);
      if (configuration instanceof BaseLayer base) {
        base.setWeightNoise(null);
      }
    }
  }

  private static void requireClassifier(ComputationGraph graph) {
    List<String> problems = new ArrayList<>();
    if (graph.getNumInputArrays() != 1 || graph.getNumOutputArrays() != 1) {
      problems.add("it has %d inputs and %d outputs, not one of each".formatted(graph.getNumInputArrays(), graph.getNumOutputArrays()));
    }
    for (String output : graph.getConfiguration().getNetworkOutputs()) {
      boolean softmax = graph.getLayer(output) != null && graph.getLayer(output).conf().getLayer() instanceof BaseOutputLayer layer
          && layer.getActivationFn() instanceof ActivationSoftmax && layer.getLossFn() instanceof LossMCXENT;
      if (!softmax) {
        problems.add("output \"%s\" is no softmax with cross-entropy, so that its loss is no log-probability of a class".formatted(output));
      }
    }
    for (org.deeplearning4j.nn.api.Layer layer : graph.getLayers()) {
      if (layer.conf().getLayer() instanceof BatchNormalization) {
        problems.add("layer \"%s\" normalises by the batch, where one example has no gradient of its own"
            .formatted(layer.conf().getLayer().getLayerName()));
      }
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException("no Fisher information of this network: " + String.join("; ", problems));
    }
  }

  /** Adds the expectation of the squared gradient over the classes that the model gives an example. */
  void expected(INDArray inputs, long example, SquaredGradients squares) {
    try (INDArray input = row(inputs, example);
        INDArray probabilities = graph.output(input)[0]) {
      requireOneLabel(probabilities);
      double[] probability = probabilities.reshape(probabilities.length()).toDoubleVector();
      for (int label = 0; label < probability.length; label++) {
        try (INDArray oneHot = Nd4j.zeros(probabilities.dataType(), 1, probability.length)) {
          oneHot.putScalar(0, label, 1);
          add(input, oneHot, probability[label], squares);
        }
      }
    }
    squares.countExample();
  }

  /** Adds the squared gradient for the label that comes with an example. */
  void empirical(DataSet batch, long example, SquaredGradients squares) {
    requireOneLabel(batch.getLabels());
    try (INDArray input = row(batch.getFeatures(), example);
        INDArray label = row(batch.getLabels(), example)) {
      add(input, label, 1, squares);
    }
    squares.countExample();
  }

  private void add(INDArray input, INDArray label, double weight, SquaredGradients squares) {
    graph.setInputs(input);
    graph.setLabels(label);
    graph.computeGradientAndScore();
    squares.add(graph.gradient().gradientForVariable(), weight);
  }

  private static INDArray row(INDArray batch, long example) {
    return batch.get(NDArrayIndex.interval(example, example + 1)).dup('c');
  }

  private static void requireOneLabel(INDArray labels) {
    if (labels.rank() != 2) {
      throw new IllegalArgumentException(
          "labels or outputs of rank %d; Fisher information is of classifiers with one label an example, [N, C]".formatted(labels.rank()));
    }
  }
}
