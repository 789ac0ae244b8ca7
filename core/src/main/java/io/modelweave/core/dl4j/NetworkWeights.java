package io.modelweave.core.dl4j;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.checkpoint.CheckpointComparison;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The parameters of DL4J networks as checkpoints, and back.
 *
 * <p>Tensors are named as {@code paramTable()} names them: {@code "<layer>_<parameter>"}, where the layer is its number in a
 * {@link MultiLayerNetwork} ({@code "0_W"}, {@code "0_b"}) and the name of its vertex in a {@link ComputationGraph}
 * ({@code "encoder_W"}). Running means and variances of batch normalisation are parameters in DL4J and so are included; the
 * variance is there as {@code log10stdev} unless the layer says otherwise. Updater state, iteration counts and the configuration are
 * not.
 */
public final class NetworkWeights {

  private NetworkWeights() {}

  /**
   * Returns copies of all parameters of a network, in the order of its layers. Round trips are exact to the bit.
   *
   * @throws IllegalArgumentException if the network is not initialised
   */
  public static Checkpoint checkpoint(MultiLayerNetwork network) {
    requireInitialised(network.getLayers() != null);
    return checkpoint(network.paramTable(), "MultiLayerNetwork");
  }

  /**
   * Returns copies of all parameters of a graph, in topological order. Round trips are exact to the bit.
   *
   * @throws IllegalArgumentException if the graph is not initialised
   */
  public static Checkpoint checkpoint(ComputationGraph graph) {
    requireInitialised(graph.getVertices() != null);
    return checkpoint(graph.paramTable(), "ComputationGraph");
  }

  /**
   * Returns a new network with a copy of the configuration of {@code network}, the parameters of {@code weights}, and a fresh
   * updater.
   *
   * @param network is not modified
   * @param weights must have exactly the names, types and shapes of {@link #checkpoint(MultiLayerNetwork)}
   * @throws io.modelweave.core.ModelMismatchException listing every tensor that is missing, superfluous or different
   */
  public static MultiLayerNetwork withWeights(MultiLayerNetwork network, Checkpoint weights) {
    try (Checkpoint own = checkpoint(network)) {
      requireFit(own, weights);
    }
    MultiLayerNetwork result = new MultiLayerNetwork(network.getLayerWiseConfigurations().clone());
    result.init(network.params(), true);
    assign(result.paramTable(), weights);
    return result;
  }

  /**
   * Returns a new graph with a copy of the configuration of {@code graph}, the parameters of {@code weights}, and a fresh updater.
   *
   * @param graph is not modified
   * @param weights must have exactly the names, types and shapes of {@link #checkpoint(ComputationGraph)}
   * @throws io.modelweave.core.ModelMismatchException listing every tensor that is missing, superfluous or different
   */
  public static ComputationGraph withWeights(ComputationGraph graph, Checkpoint weights) {
    try (Checkpoint own = checkpoint(graph)) {
      requireFit(own, weights);
    }
    ComputationGraph result = new ComputationGraph(graph.getConfiguration().clone());
    result.init(graph.params(), true);
    assign(result.paramTable(), weights);
    return result;
  }

  private static Checkpoint checkpoint(Map<String, INDArray> parameters, String kind) {
    return Checkpoint.of(parameters, Map.of("format", "dl4j", "network", kind));
  }

  private static void requireInitialised(boolean initialised) {
    if (!initialised) {
      throw new IllegalArgumentException("the network has no parameters yet; call init() first");
    }
  }

  private static void requireFit(Checkpoint own, Checkpoint weights) {
    CheckpointComparison.requireSameTensors("cannot set the weights of the network (first) to %s (second)".formatted(weights.source()), own, weights);
  }

  private static void assign(Map<String, INDArray> parameters, Checkpoint weights) {
    parameters.forEach((name, view) -> {
      try (INDArray tensor = weights.tensor(name)) {
        view.assign(tensor);
      }
    });
  }
}
