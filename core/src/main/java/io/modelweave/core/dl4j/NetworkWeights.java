package io.modelweave.core.dl4j;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.checkpoint.CheckpointComparison;
import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The parameters of DL4J networks as checkpoints, and back.
 *
 * <p>Tensors are named as {@code paramTable()} names them: {@code "<layer>_<parameter>"}, where the layer is its number in a
 * {@link MultiLayerNetwork} ({@code "0_W"}, {@code "0_b"}) and the name of its vertex in a {@link ComputationGraph}
 * ({@code "encoder_W"}). Running means and variances of batch normalisation are parameters in DL4J and so are included; the
 * variance is there as {@code log10stdev} unless the layer says otherwise. The configuration is not included.
 *
 * <p>On request a checkpoint also holds what training continues from: the state of the updater as
 * {@code "updater.<layer>_<parameter>.<state>"}, such as {@code "updater.0_W.M"} and {@code "updater.0_W.V"} of Adam, in the shape of the
 * parameter, and the counts {@code iteration} and {@code epoch} as metadata.
 */
public final class NetworkWeights {

  private static final String ITERATION = "iteration";
  private static final String EPOCH = "epoch";

  private NetworkWeights() {}

  /**
   * Returns copies of all parameters of a network, in the order of its layers. Round trips are exact to the bit.
   *
   * @throws IllegalArgumentException if the network is not initialised
   */
  public static Checkpoint checkpoint(MultiLayerNetwork network) {
    requireInitialised(network);
    return Checkpoint.of(network.paramTable(), metadata("MultiLayerNetwork"));
  }

  /**
   * Returns copies of all parameters of a graph, in topological order. Round trips are exact to the bit.
   *
   * @throws IllegalArgumentException if the graph is not initialised
   */
  public static Checkpoint checkpoint(ComputationGraph graph) {
    requireInitialised(graph);
    return Checkpoint.of(graph.paramTable(), metadata("ComputationGraph"));
  }

  /**
   * Returns copies of all parameters and of the updater's state, and the counts of iterations and epochs. A network that was never
   * trained has no updater, and then no state is included.
   *
   * @throws IllegalArgumentException if the network is not initialised
   */
  public static Checkpoint checkpointWithUpdater(MultiLayerNetwork network) {
    requireInitialised(network);
    return checkpoint(network.paramTable(), (BaseMultiLayerUpdater<?>) network.getUpdater(false),
        metadata("MultiLayerNetwork", network.getIterationCount(), network.getEpochCount()));
  }

  /**
   * Returns copies of all parameters and of the updater's state, and the counts of iterations and epochs. A graph that was never
   * trained has no updater, and then no state is included.
   *
   * @throws IllegalArgumentException if the graph is not initialised
   */
  public static Checkpoint checkpointWithUpdater(ComputationGraph graph) {
    requireInitialised(graph);
    return checkpoint(graph.paramTable(), graph.getUpdater(false),
        metadata("ComputationGraph", graph.getConfiguration().getIterationCount(), graph.getConfiguration().getEpochCount()));
  }

  /**
   * Returns a new network with a copy of the configuration of {@code network} and the parameters of {@code weights}. Its updater is
   * fresh, unless {@code weights} holds updater state: then it has that, and the counts of iterations and epochs that came with it.
   *
   * @param network is not modified
   * @param weights must have exactly the names, types and shapes of {@link #checkpoint(MultiLayerNetwork)}, or of
   *     {@link #checkpointWithUpdater(MultiLayerNetwork)} of a trained network
   * @throws io.modelweave.core.ModelMismatchException listing every tensor that is missing, superfluous or different
   */
  public static MultiLayerNetwork withWeights(MultiLayerNetwork network, Checkpoint weights) {
    requireInitialised(network);
    boolean updater = hasUpdater(weights, network.paramTable());
    MultiLayerNetwork result = new MultiLayerNetwork(network.getLayerWiseConfigurations().clone());
    result.init(network.params(), true);
    assign(result.paramTable(), updater ? (BaseMultiLayerUpdater<?>) result.getUpdater() : null, weights);
    if (updater) {
      result.setIterationCount(count(weights, ITERATION));
      result.setEpochCount(count(weights, EPOCH));
    }
    return result;
  }

  /**
   * Returns a new graph with a copy of the configuration of {@code graph} and the parameters of {@code weights}. Its updater is fresh,
   * unless {@code weights} holds updater state: then it has that, and the counts of iterations and epochs that came with it.
   *
   * @param graph is not modified
   * @param weights must have exactly the names, types and shapes of {@link #checkpoint(ComputationGraph)}, or of
   *     {@link #checkpointWithUpdater(ComputationGraph)} of a trained graph
   * @throws io.modelweave.core.ModelMismatchException listing every tensor that is missing, superfluous or different
   */
  public static ComputationGraph withWeights(ComputationGraph graph, Checkpoint weights) {
    requireInitialised(graph);
    boolean updater = hasUpdater(weights, graph.paramTable());
    ComputationGraph result = new ComputationGraph(graph.getConfiguration().clone());
    result.init(graph.params(), true);
    assign(result.paramTable(), updater ? result.getUpdater() : null, weights);
    if (updater) {
      result.getConfiguration().setIterationCount(count(weights, ITERATION));
      result.getConfiguration().setEpochCount(count(weights, EPOCH));
    }
    return result;
  }

  static void requireInitialised(MultiLayerNetwork network) {
    requireInitialised(network.getLayers() != null && network.params() != null);
  }

  static void requireInitialised(ComputationGraph graph) {
    requireInitialised(graph.getVertices() != null && graph.params() != null);
  }

  private static void requireInitialised(boolean initialised) {
    if (!initialised) {
      throw new IllegalArgumentException("the network has no parameters yet; call init() first");
    }
  }

  private static Map<String, String> metadata(String kind) {
    return Map.of("format", "dl4j", "network", kind);
  }

  private static Map<String, String> metadata(String kind, int iteration, int epoch) {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("format", "dl4j");
    metadata.put("network", kind);
    metadata.put(ITERATION, Integer.toString(iteration));
    metadata.put(EPOCH, Integer.toString(epoch));
    return metadata;
  }

  private static Checkpoint checkpoint(Map<String, INDArray> parameters, @Nullable BaseMultiLayerUpdater<?> updater, Map<String, String> metadata) {
    return Checkpoint.of(views(parameters, updater), metadata);
  }

  private static Map<String, INDArray> views(Map<String, INDArray> parameters, @Nullable BaseMultiLayerUpdater<?> updater) {
    Map<String, INDArray> views = new LinkedHashMap<>(parameters);
    if (updater != null) {
      views.putAll(UpdaterState.views(updater, parameters));
    }
    return views;
  }

  private static boolean hasUpdater(Checkpoint weights, Map<String, INDArray> parameters) {
    return weights.names().stream().anyMatch(name -> name.startsWith(UpdaterState.PREFIX) && !parameters.containsKey(name));
  }

  private static int count(Checkpoint weights, String key) {
    String count = weights.metadata().get(key);
    try {
      return Integer.parseInt(String.valueOf(count));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("%s holds updater state but its metadata \"%s\" is %s, not a count; take it from checkpointWithUpdater"
          .formatted(weights.source(), key, count), e);
    }
  }

  private static void assign(Map<String, INDArray> parameters, @Nullable BaseMultiLayerUpdater<?> updater, Checkpoint weights) {
    Map<String, INDArray> views = views(parameters, updater);
    try (Checkpoint own = Checkpoint.of(views)) {
      CheckpointComparison.requireSameTensors("cannot set the weights of the network (first) to %s (second)".formatted(weights.source()), own, weights);
    }
    views.forEach((name, view) -> {
      try (INDArray tensor = weights.tensor(name)) {
        view.assign(tensor);
      }
    });
  }
}
