package io.modelweave.merge.alignment;

import static java.util.Objects.requireNonNull;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.dl4j.NetworkWeights;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Gives the units of a merged network back the spread that averaging takes from them: the average of two models' weights answers with
 * less variance than either, layer after layer.
 *
 * <pre>{@code
 * MultiLayerNetwork aligned = WeightMatching.align(a, b);
 * MultiLayerNetwork merged = Repair.between(a, aligned, 0.5).apply(Merger.interpolate(a, aligned, 0.5), batches);
 * }</pre>
 *
 * <p>For each unit of each dense and convolution layer, before its non-linearity, mean and deviation over the data become
 * {@code mu = (1 - alpha) mu_a + alpha mu_b} and {@code sigma = (1 - alpha) sigma_a + alpha sigma_b}, by rescaling its weights: with
 * {@code g = sigma / sigma_merged}, {@code W <- g W} and {@code bias <- mu + g (bias - mu_merged)}. Layers are repaired from the first to
 * the last, each on the output of those before it. A unit that never changes in the merged network keeps its scale and takes the mean.
 * Left alone are output layers and layers that normalise themselves. Where a batch normalisation follows, its mean and variance are
 * computed anew instead, exactly, over all data ({@link #resetStatistics}).
 *
 * <p>Statistics are in double, over samples and positions; the data goes through {@code O(layers)} forward passes of each network. No
 * epsilon is added to the variance, which is exact and not that of one batch.
 *
 * <p>{@link TransformerRepair} does the same for language models.
 *
 * <p>Source: Jordan, Sedghi, Saukh, Entezari and Neyshabur, "REPAIR: REnormalizing Permuted Activations for Interpolation Repair", 2022,
 * arXiv 2211.08403.
 */
public final class Repair {

  private final ComputationGraph a;
  private final ComputationGraph b;
  private final double alpha;

  private Repair(ComputationGraph a, ComputationGraph b, double alpha) {
    if (!(alpha >= 0 && alpha <= 1)) {
      throw new IllegalArgumentException("alpha is %s; statistics are interpolated with a weight of the second model in [0, 1]"
          .formatted(alpha));
    }
    this.a = requireNonNull(a, "a");
    this.b = requireNonNull(b, "b");
    this.alpha = alpha;
  }

  /**
   * Returns a repair of merges of two graphs.
   *
   * @param a one parent
   * @param b the other, already aligned with {@code a}
   * @param alpha weight of {@code b}, in [0, 1]: the one that they were merged with
   * @throws IllegalArgumentException if {@code alpha} is outside [0, 1] or NaN
   */
  public static Repair between(ComputationGraph a, ComputationGraph b, double alpha) {
    return new Repair(a, b, alpha);
  }

  /**
   * Returns a repair of merges of two networks, as {@link #between(ComputationGraph, ComputationGraph, double)} does.
   *
   * @throws IllegalArgumentException if {@code alpha} is outside [0, 1] or NaN
   */
  public static Repair between(MultiLayerNetwork a, MultiLayerNetwork b, double alpha) {
    return new Repair(a.toComputationGraph(), b.toComputationGraph(), alpha);
  }

  /**
   * Returns a repaired copy of a merged network.
   *
   * @param merged the interpolation of the parents; not modified
   * @param batches inputs {@code [N, ...]}, read several times; a few thousand samples of training data
   * @throws IllegalArgumentException if there is no batch, or naming every layer to be rescaled that has no bias
   */
  public MultiLayerNetwork apply(MultiLayerNetwork merged, Iterable<INDArray> batches) {
    return withWeights(merged, apply(merged.toComputationGraph(), batches));
  }

  /**
   * Returns a repaired copy of a merged graph.
   *
   * @param merged the interpolation of the parents; not modified
   * @param batches inputs {@code [N, ...]} of the graph's one input, read several times; a few thousand samples of training data
   * @throws IllegalArgumentException if there is no batch, or the graph has several inputs, or naming every layer to be rescaled that has
   *     no bias
   */
  public ComputationGraph apply(ComputationGraph merged, Iterable<INDArray> batches) {
    ComputationGraph repaired = copy(merged);
    requireBiases(repaired);
    for (String name : layers(repaired)) {
      Layer layer = repaired.getLayer(name).conf().getLayer();
      if (layer instanceof BatchNormalization) {
        BatchStatistics.reset(repaired, name, batches);
      } else if (isRescaled(repaired, name)) {
        rescale(repaired, name, batches);
      }
    }
    return repaired;
  }

  /**
   * Returns a copy of a network whose batch normalisations have the exact means and variances of its own activations on the data.
   *
   * @param network not modified
   * @param batches inputs {@code [N, ...]}, read once for each normalisation
   * @throws IllegalArgumentException if there is no batch
   */
  public static MultiLayerNetwork resetStatistics(MultiLayerNetwork network, Iterable<INDArray> batches) {
    return withWeights(network, resetStatistics(network.toComputationGraph(), batches));
  }

  /**
   * Returns a copy of a graph whose batch normalisations have the exact means and variances of its own activations on the data.
   *
   * @param graph not modified
   * @param batches inputs {@code [N, ...]} of the graph's one input, read once for each normalisation
   * @throws IllegalArgumentException if there is no batch, or the graph has several inputs
   */
  public static ComputationGraph resetStatistics(ComputationGraph graph, Iterable<INDArray> batches) {
    ComputationGraph reset = copy(graph);
    for (String name : layers(reset)) {
      if (reset.getLayer(name).conf().getLayer() instanceof BatchNormalization) {
        BatchStatistics.reset(reset, name, batches);
      }
    }
    return reset;
  }

  private static MultiLayerNetwork withWeights(MultiLayerNetwork network, ComputationGraph graph) {
    try (Checkpoint weights = NetworkWeights.checkpoint(graph)) {
      return NetworkWeights.withWeights(network, weights);
    }
  }

  private static ComputationGraph copy(ComputationGraph graph) {
    try (Checkpoint weights = NetworkWeights.checkpoint(graph)) {
      return NetworkWeights.withWeights(graph, weights);
    }
  }

  /** Returns the names of the layers in topological order. */
  private static List<String> layers(ComputationGraph graph) {
    List<String> names = new ArrayList<>();
    for (int index : graph.topologicalSortOrder()) {
      if (graph.getVertices()[index].hasLayer()) {
        names.add(graph.getVertices()[index].getVertexName());
      }
    }
    return names;
  }

  private static void requireBiases(ComputationGraph graph) {
    List<String> without = layers(graph).stream()
        .filter(name -> isRescaled(graph, name) && !graph.getLayer(name).paramTable().containsKey("b")).toList();
    if (!without.isEmpty()) {
      throw new IllegalArgumentException(
          "the layers %s have no bias to take the shift of their means; give them one, or a batch normalisation".formatted(without));
    }
  }

  private static boolean isRescaled(ComputationGraph graph, String name) {
    Layer layer = graph.getLayer(name).conf().getLayer();
    boolean linear = layer.getClass() == DenseLayer.class && !((DenseLayer) layer).hasLayerNorm()
        || layer.getClass() == ConvolutionLayer.class;
    List<GraphVertex> followers = graph.getConfiguration().getVertexInputs().entrySet().stream().filter(e -> e.getValue().contains(name))
        .map(e -> graph.getConfiguration().getVertices().get(e.getKey())).toList();
    return linear && !graph.getConfiguration().getNetworkOutputs().contains(name) && !followers.stream().allMatch(
        vertex -> vertex instanceof LayerVertex follower && follower.getLayerConf().getLayer() instanceof BatchNormalization);
  }

  private void rescale(ComputationGraph merged, String name, Iterable<INDArray> batches) {
    UnitMoments ofA = BatchStatistics.of(linear(a, name), name, batches);
    UnitMoments ofB = BatchStatistics.of(linear(b, name), name, batches);
    UnitMoments present = BatchStatistics.of(linear(merged, name), name, batches);
    INDArray weight = merged.getLayer(name).getParam("W");
    INDArray bias = merged.getLayer(name).getParam("b");
    Rescaling.of(ofA, ofB, alpha, present, bias).applyInPlace(weight, weight.rank() == 2 ? 1 : 0, bias); // [in, out] or [out, in, h, w]
  }

  /** Returns the graph, parameters shared, with one layer showing its values before the non-linearity. */
  private static ComputationGraph linear(ComputationGraph graph, String layer) {
    ComputationGraph shown = new ComputationGraph(graph.getConfiguration().clone());
    shown.init(graph.params(), false);
    ((BaseLayer) shown.getLayer(layer).conf().getLayer()).setActivationFn(new ActivationIdentity());
    return shown;
  }
}
