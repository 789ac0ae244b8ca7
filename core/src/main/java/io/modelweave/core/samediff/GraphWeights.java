package io.modelweave.core.samediff;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.checkpoint.CheckpointComparison;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.GradientUpdater;

/**
 * The variables of SameDiff graphs as checkpoints, and back.
 *
 * <p>Tensors are named as the variables of type {@code VARIABLE} are, in alphabetical order. Constants, placeholders and the operations
 * are not included.
 *
 * <p>On request a checkpoint also holds what training continues from: the state of the updater as {@code "updater.<variable>.<state>"},
 * such as {@code "updater.w.M"} of Adam, and the counts {@code iteration} and {@code epoch} as metadata.
 */
public final class GraphWeights {

  private static final String UPDATER = "updater.";
  private static final String ITERATION = "iteration";
  private static final String EPOCH = "epoch";

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
    return Checkpoint.of(arrays(graph, kind), Map.of("format", "samediff"));
  }

  /**
   * Returns copies of all trainable variables and of the updater's state, and the counts of iterations and epochs. A graph that was
   * never trained has no updater, and then no state and no counts are included.
   */
  public static Checkpoint checkpointWithUpdater(SameDiff graph) {
    Map<String, INDArray> arrays = arrays(graph, VariableType.VARIABLE);
    arrays.putAll(updaterState(graph));
    Map<String, String> metadata = new LinkedHashMap<>(Map.of("format", "samediff"));
    TrainingConfig training = graph.getTrainingConfig();
    if (training != null) {
      metadata.put(ITERATION, Integer.toString(training.getIterationCount()));
      metadata.put(EPOCH, Integer.toString(training.getEpochCount()));
    }
    return Checkpoint.of(arrays, metadata);
  }

  private static Map<String, INDArray> arrays(SameDiff graph, VariableType kind) {
    Map<String, INDArray> arrays = new LinkedHashMap<>();
    for (SDVariable variable : graph.variables()) {
      if (variable.getVariableType() == kind) {
        arrays.put(variable.name(), variable.getArr(true));
      }
    }
    return arrays;
  }

  @SuppressWarnings({"rawtypes", "unchecked"}) // the raw type is ND4J's
  private static Map<String, INDArray> updaterState(SameDiff graph) {
    Map<String, GradientUpdater> updaters = graph.getUpdaterMap();
    Map<String, INDArray> state = new LinkedHashMap<>();
    if (updaters != null) {
      new TreeMap<>(updaters).forEach((variable, updater) ->
          new TreeMap<String, INDArray>(updater.getState()).forEach((name, array) -> state.put(UPDATER + variable + "." + name, array)));
    }
    return state;
  }

  /**
   * Returns a duplicate of {@code graph} whose variables have the values of {@code weights}. If {@code weights} holds updater state, the
   * duplicate has that too, and the counts of iterations and epochs that came with it; otherwise it keeps those of {@code graph}.
   *
   * @param graph is not modified; below 2 GiB, because SameDiff duplicates through its file format
   * @param weights must have exactly the names, types and shapes of {@link #checkpoint(SameDiff)}, or of
   *     {@link #checkpointWithUpdater(SameDiff)}, for which {@code graph} must have been trained or loaded with an updater
   * @throws io.modelweave.core.ModelMismatchException listing every tensor that is missing, superfluous or different
   */
  public static SameDiff withWeights(SameDiff graph, Checkpoint weights) {
    Map<String, INDArray> own = arrays(graph, VariableType.VARIABLE);
    boolean updater = weights.names().stream().anyMatch(name -> name.startsWith(UPDATER) && !own.containsKey(name));
    if (updater) {
      own.putAll(updaterState(graph));
    }
    try (Checkpoint expected = Checkpoint.of(own)) {
      CheckpointComparison.requireSameTensors("cannot set the weights of the graph (first) to %s (second)".formatted(weights.source()), expected, weights);
    }
    SameDiff result = graph.dup();
    Map<String, INDArray> state = updater ? updaterState(result) : Map.of();
    for (String name : weights.names()) {
      INDArray tensor = weights.tensor(name);
      if (state.containsKey(name)) {
        try (tensor) {
          state.get(name).assign(tensor);
        }
      } else {
        result.setArrayForVariable(name, tensor);
      }
    }
    if (updater) {
      result.getTrainingConfig().setIterationCount(count(weights, ITERATION));
      result.getTrainingConfig().setEpochCount(count(weights, EPOCH));
    }
    return result;
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
}
