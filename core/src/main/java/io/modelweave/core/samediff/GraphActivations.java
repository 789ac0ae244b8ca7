package io.modelweave.core.samediff;

import io.modelweave.core.ActivationSource;
import io.modelweave.core.LayerOutputs;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The variables that a SameDiff graph computes as a source of activations; a batch is a map from placeholder to array.
 *
 * <pre>{@code
 * Activations activations = ActivationRecorder.of(GraphActivations.of(graph)).layers("hidden*").record(List.of(Map.of("input", x)));
 * }</pre>
 *
 * <p>Layers are the names of the floating-point results of operations. Values of rank 2 are {@code [B, d]} and of rank 3
 * {@code [B, T, d]}, as in the graph; values of higher rank become one row {@code [B, ...]} a sample. Placeholders that only losses need,
 * such as labels, may be left out. SameDiff applies {@code nn.dropout} at inference too, so layers behind it are refused.
 */
public final class GraphActivations implements ActivationSource<Map<String, INDArray>> {

  private final SameDiff graph;
  private final @Nullable String mask;

  private GraphActivations(SameDiff graph, @Nullable String mask) {
    this.graph = graph;
    this.mask = mask;
  }

  /** Returns the variables of a graph; batches have no mask. */
  public static GraphActivations of(SameDiff graph) {
    return new GraphActivations(graph, null);
  }

  /**
   * Returns the same variables over batches whose mask {@code [B, T]} is the entry {@code name}, which the graph may or may not have
   * as a placeholder.
   */
  public GraphActivations withMask(String name) {
    return new GraphActivations(graph, name);
  }

  @Override
  public List<String> activationNames() {
    return Arrays.stream(graph.ops()).flatMap(op -> Arrays.stream(op.outputVariables()))
        .filter(variable -> variable.getVariableType() == VariableType.ARRAY && variable.dataType().isFPType()).map(SDVariable::name).toList();
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException also if the batch has entries that are no placeholder, or lacks the mask, or a layer depends on
   *     dropout
   */
  @Override
  public LayerOutputs run(Map<String, INDArray> batch, List<String> layers) {
    requireLayers(layers);
    Map<String, INDArray> placeholders = new LinkedHashMap<>(batch);
    if (mask != null && !graph.isPlaceHolder(mask)) {
      placeholders.remove(mask);
    }
    requirePlaceholders(placeholders.keySet(), batch);
    Map<String, INDArray> values = graph.output(placeholders, layers);
    Map<String, INDArray> rows = new LinkedHashMap<>();
    for (String layer : layers) {
      INDArray value = values.get(layer);
      rows.put(layer, value.rank() <= 3 ? value : value.reshape('c', value.size(0), value.length() / value.size(0)));
    }
    boolean positions = rows.values().stream().anyMatch(value -> value.rank() == 3);
    return new LayerOutputs(rows, List.of(), positions && mask != null ? batch.get(mask) : null);
  }

  private void requireLayers(List<String> layers) {
    List<String> names = activationNames();
    List<String> unknown = layers.stream().filter(layer -> !names.contains(layer)).toList();
    if (layers.isEmpty() || !unknown.isEmpty()) {
      throw new IllegalArgumentException("no layer %s; there are %s".formatted(layers.isEmpty() ? "was asked for" : unknown, names));
    }
    layers.forEach(this::requireNoDropout);
  }

  private void requireNoDropout(String layer) {
    Set<String> seen = new HashSet<>(Set.of(layer));
    Deque<String> open = new ArrayDeque<>(seen);
    while (!open.isEmpty()) {
      String variable = open.pop();
      DifferentialFunction operation = graph.getVariableOutputOp(variable);
      if (operation == null) {
        continue;
      }
      if (operation.opName().contains("dropout")) {
        throw new IllegalArgumentException("layer \"%s\" depends on dropout (\"%s\"), which SameDiff applies at inference too; record a graph built without it"
            .formatted(layer, variable));
      }
      Arrays.stream(operation.args()).map(SDVariable::name).filter(seen::add).forEach(open::push);
    }
  }

  private void requirePlaceholders(Set<String> given, Map<String, INDArray> batch) {
    Set<String> known = graph.placeHolders().stream().map(SDVariable::name).collect(Collectors.toSet());
    List<String> unknown = given.stream().filter(name -> !known.contains(name)).sorted().toList();
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException("the graph has no placeholder %s; it has %s".formatted(unknown, known.stream().sorted().toList()));
    }
    if (mask != null && !batch.containsKey(mask)) {
      throw new IllegalArgumentException("the batch has no mask \"%s\", only %s".formatted(mask, batch.keySet().stream().sorted().toList()));
    }
  }
}
