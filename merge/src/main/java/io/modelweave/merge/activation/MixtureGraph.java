package io.modelweave.merge.activation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.graph.ScaleVertex;
import org.deeplearning4j.nn.graph.ComputationGraph;

/** Several graphs in one, joined where {@link NetworkMixture} cuts them. */
final class MixtureGraph {

  private final List<ComputationGraph> models;
  private final Map<String, double[]> cuts;

  /** A vertex of the new graph with the names of its inputs there. */
  private record Part(GraphVertex vertex, List<String> inputs) {}

  MixtureGraph(List<ComputationGraph> models, Map<String, double[]> cuts) {
    this.models = models;
    this.cuts = cuts;
  }

  ComputationGraph build() {
    Map<String, Part> parts = new HashMap<>();
    for (int model = 0; model < models.size(); model++) {
      addModel(model, parts);
    }
    cuts.forEach((cut, weights) -> addMixture(cut, weights, parts));
    List<String> inputs = models.get(0).getConfiguration().getNetworkInputs();
    List<String> outputs = models.get(0).getConfiguration().getNetworkOutputs().stream().map(this::mixedName).toList();
    GraphBuilder builder = new NeuralNetConfiguration.Builder().dataType(models.get(0).getConfiguration().getDataType()).graphBuilder()
        .addInputs(inputs.toArray(String[]::new)).setOutputs(outputs.toArray(String[]::new));
    Set<String> needed = needed(parts, outputs);
    needed.forEach(name -> builder.addVertex(name, parts.get(name).vertex, parts.get(name).inputs.toArray(String[]::new)));
    ComputationGraph graph = new ComputationGraph(builder.build());
    graph.init();
    for (int model = 0; model < models.size(); model++) {
      copyParameters(model, graph);
    }
    return graph;
  }

  private void addModel(int model, Map<String, Part> parts) {
    ComputationGraph graph = models.get(model);
    graph.getConfiguration().getVertices().forEach((name, vertex) -> {
      GraphVertex own = vertex.clone();
      if (own instanceof LayerVertex layer) {
        layer.setLayerConf(layer.getLayerConf().clone());
        layer.getLayerConf().getLayer().setLayerName(nameOf(model, name));
      }
      List<String> inputs = graph.getConfiguration().getVertexInputs().get(name).stream().map(input -> sourceOf(model, input)).toList();
      parts.put(nameOf(model, name), new Part(own, inputs));
    });
  }

  private void addMixture(String cut, double[] weights, Map<String, Part> parts) {
    List<String> terms = new ArrayList<>();
    for (int model = 0; model < weights.length; model++) {
      if (weights[model] == 0) {
        continue;
      }
      String term = nameOf(model, cut);
      if (weights[model] != 1) {
        String scaled = "%s.weight%d".formatted(mixedName(cut), model);
        parts.put(scaled, new Part(new ScaleVertex(weights[model]), List.of(term)));
        term = scaled;
      }
      terms.add(term);
    }
    parts.put(mixedName(cut), new Part(terms.size() == 1 ? new ScaleVertex(1) : new ElementWiseVertex(ElementWiseVertex.Op.Add), terms));
  }

  /** Returns where a model's vertex takes an input from: the mixture, if that is a cut point. */
  private String sourceOf(int model, String input) {
    int position = models.get(model).getConfiguration().getNetworkInputs().indexOf(input);
    if (position >= 0) {
      return models.get(0).getConfiguration().getNetworkInputs().get(position);
    }
    return cuts.containsKey(input) ? mixedName(input) : nameOf(model, input);
  }

  private static String nameOf(int model, String vertex) {
    return model == 0 ? vertex : "model%d.%s".formatted(model, vertex);
  }

  private String mixedName(String vertex) {
    return cuts.containsKey(vertex) ? vertex + ".mixed" : vertex;
  }

  /** Returns the vertices that the outputs depend on. */
  private static Set<String> needed(Map<String, Part> parts, List<String> outputs) {
    Set<String> needed = new LinkedHashSet<>();
    Deque<String> open = new ArrayDeque<>(outputs);
    while (!open.isEmpty()) {
      String name = open.pop();
      if (parts.containsKey(name) && needed.add(name)) {
        open.addAll(parts.get(name).inputs);
      }
    }
    return needed;
  }

  private void copyParameters(int model, ComputationGraph graph) {
    ComputationGraph source = models.get(model);
    for (String layer : source.getConfiguration().getVertices().keySet()) {
      if (source.getLayer(layer) != null && graph.getVertex(nameOf(model, layer)) != null) {
        graph.getLayer(nameOf(model, layer)).paramTable().forEach((name, view) -> view.assign(source.getLayer(layer).getParam(name)));
      }
    }
  }
}
