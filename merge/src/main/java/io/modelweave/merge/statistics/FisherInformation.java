package io.modelweave.merge.statistics;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.training.ParameterFilter;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/**
 * The diagonal of a model's Fisher information: how much each parameter matters to what the model says on data.
 *
 * <p>{@code F = mean over examples x of E_y (d log p(y | x) / d theta)^2}. Exact in that every gradient is of one example and one label
 * before it is squared; squaring the gradient of a batch, or of a sum over labels, mixes in cross terms and is something else. Labels
 * {@code y} are those that the model itself expects (<em>expected</em>: every class with its probability; <em>sampled</em>: drawn from the
 * model) or those of the data (<em>empirical</em>, which is not the Fisher information unless the model fits).
 *
 * <p>Accumulated in double. Cost: one backward pass for each example and label.
 *
 * <p>Source: Matena and Raffel, "Merging Models with Fisher-Weighted Averaging", 2021, arXiv 2111.09832; Kunstner, Balles and Hennig,
 * 2019, arXiv 1905.12558, on the empirical variant.
 *
 * @param diagonal F64 tensors of the names and shapes of the parameters; the caller's to close
 * @param examples how many were averaged
 */
public record FisherInformation(Checkpoint diagonal, long examples) {

  /**
   * Returns the Fisher information of a classifier, labels being expected over all {@code C} classes: {@code C} backward passes an example.
   *
   * @param network ends in a softmax with cross-entropy; dropout is off, batch normalisation is refused
   * @param batches inputs {@code [N, ...]}; not modified
   * @throws IllegalArgumentException if the network has no such output, or has layers whose gradient depends on the rest of the batch,
   *     or there is no example
   */
  public static FisherInformation expected(MultiLayerNetwork network, Iterable<INDArray> batches) {
    return expected(network.toComputationGraph(), batches);
  }

  /**
   * Returns the Fisher information of a classifier, labels being expected over all {@code C} classes: {@code C} backward passes an example.
   *
   * @param graph has one input and one output, a softmax with cross-entropy; dropout is off, batch normalisation is refused
   * @param batches inputs {@code [N, ...]}; not modified
   * @throws IllegalArgumentException if the graph has no such output, or has layers whose gradient depends on the rest of the batch,
   *     or there is no example
   */
  public static FisherInformation expected(ComputationGraph graph, Iterable<INDArray> batches) {
    ExampleGradients gradients = new ExampleGradients(graph);
    SquaredGradients squares = new SquaredGradients();
    for (INDArray batch : batches) {
      for (long example = 0; example < batch.size(0); example++) {
        gradients.expected(batch, example, squares);
      }
    }
    return squares.mean();
  }

  /**
   * Returns the empirical Fisher information of a classifier, labels being those of the data: one backward pass an example.
   *
   * @param network as for {@link #expected(MultiLayerNetwork, Iterable)}
   * @param batches inputs and labels {@code [N, C]}; not modified
   * @throws IllegalArgumentException as {@link #expected(MultiLayerNetwork, Iterable)} does
   */
  public static FisherInformation empirical(MultiLayerNetwork network, Iterable<DataSet> batches) {
    return empirical(network.toComputationGraph(), batches);
  }

  /**
   * Returns the empirical Fisher information of a classifier, labels being those of the data: one backward pass an example.
   *
   * @param graph as for {@link #expected(ComputationGraph, Iterable)}
   * @param batches inputs and labels {@code [N, C]}; not modified
   * @throws IllegalArgumentException as {@link #expected(ComputationGraph, Iterable)} does
   */
  public static FisherInformation empirical(ComputationGraph graph, Iterable<DataSet> batches) {
    ExampleGradients gradients = new ExampleGradients(graph);
    SquaredGradients squares = new SquaredGradients();
    for (DataSet batch : batches) {
      for (long example = 0; example < batch.getFeatures().size(0); example++) {
        gradients.empirical(batch, example, squares);
      }
    }
    return squares.mean();
  }

  /**
   * Returns the empirical Fisher information of a language model. An example is a sequence, its log-likelihood the sum over the
   * tokens that are predicted.
   *
   * @param filter which parameters; the others get the plain mean in a merge
   * @throws IllegalArgumentException if there is no batch, or a batch does not fit the model
   */
  public static FisherInformation empirical(LanguageModel model, ParameterFilter filter, Iterable<TokenBatch> batches) {
    SquaredGradients squares = new SquaredGradients();
    try (SequenceGradients gradients = new SequenceGradients(model, filter)) {
      for (TokenBatch batch : batches) {
        gradients.empirical(batch, squares);
      }
    }
    return squares.mean();
  }

  /**
   * Returns the Fisher information of a language model by labels drawn from the model: unbiased, and nearer to the exact expectation the
   * more draws. An example is a sequence; each of its tokens is predicted from those before it in the data, and the labels of all
   * positions are drawn together, so that the gradient is that of one whole sequence of labels.
   *
   * @param filter which parameters; the others get the plain mean in a merge
   * @param draws how many sequences of labels for each example, each one backward pass
   * @param seed the same seed gives the same labels
   * @throws IllegalArgumentException if there is no batch or no draw, or a batch does not fit the model
   */
  public static FisherInformation sampled(LanguageModel model, ParameterFilter filter, Iterable<TokenBatch> batches, int draws, long seed) {
    if (draws < 1) {
      throw new IllegalArgumentException("%d draws of labels for each example; there must be at least one".formatted(draws));
    }
    SquaredGradients squares = new SquaredGradients();
    try (SequenceGradients gradients = new SequenceGradients(model, filter)) {
      for (TokenBatch batch : batches) {
        gradients.sampled(batch, draws, seed, squares);
      }
    }
    return squares.mean();
  }
}
