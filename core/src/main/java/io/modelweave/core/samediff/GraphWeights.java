package io.modelweave.core.samediff;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.checkpoint.CheckpointComparison;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The variables of SameDiff graphs as checkpoints, and back.
 *
 * <p>Tensors are named as the variables of type {@code VARIABLE} are, in alphabetical order. Constants, placeholders, the operations
 * and updater state are not included.
 */
public final class GraphWeights {

  private GraphWeights() {}

  /** Returns copies of all trainable variables of a graph. Round trips are exact to the bit. */
  public static Checkpoint checkpoint(SameDiff graph) {
    return checkpoint(graph, VariableType.VARIABLE);
  }

  /**
   * Returns copies of all arrays of one kind of variable.
   *
   * @param kind {@code VARIABLE} or {@code CONSTANT}
   * @throws IllegalArgumentException if {@code kind} is another, or there are strings among the arrays
   */
  public static Checkpoint checkpoint(SameDiff graph, VariableType kind) {
    if (kind != VariableType.VARIABLE && kind != VariableType.CONSTANT) {
      throw new IllegalArgumentException("%s variables have no arrays of their own; take VARIABLE or CONSTANT".formatted(kind));
    }
    Map<String, INDArray> arrays = new LinkedHashMap<>();
    for (SDVariable variable : graph.variables()) {
      if (variable.getVariableType() == kind) {
        arrays.put(variable.name(), variable.getArr(true));
      }
    }
    return Checkpoint.of(arrays, Map.of("format", "samediff"));
  }

  /**
   * Returns a duplicate of {@code graph} whose variables have the values of {@code weights}.
   *
   * @param graph is not modified; below 2 GiB, because SameDiff duplicates through its file format
   * @param weights must have exactly the names, types and shapes of {@link #checkpoint(SameDiff)}
   * @throws io.modelweave.core.ModelMismatchException listing every tensor that is missing, superfluous or different
   */
  public static SameDiff withWeights(SameDiff graph, Checkpoint weights) {
    try (Checkpoint own = checkpoint(graph)) {
      CheckpointComparison.requireSameTensors("cannot set the weights of the graph (first) to %s (second)".formatted(weights.source()), own, weights);
    }
    SameDiff result = graph.dup();
    weights.names().forEach(name -> result.setArrayForVariable(name, weights.tensor(name)));
    return result;
  }
}
