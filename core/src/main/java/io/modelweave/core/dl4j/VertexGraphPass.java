package io.modelweave.core.dl4j;

import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The forward pass of a graph of vertices, by their names; the inputs, which are vertices in DL4J, are left out. */
record VertexGraphPass(ComputationGraph graph) implements ForwardPass {

  @Override
  public Map<String, LayerFormat> formats() {
    Map<String, LayerFormat> formats = new LinkedHashMap<>();
    LayerFormat format = LayerFormat.DEFAULT;
    for (int index : graph.topologicalSortOrder()) {
      GraphVertex vertex = graph.getVertices()[index];
      if (!vertex.isInputVertex()) {
        format = format.after(vertex.hasLayer() ? vertex.getLayer().conf().getLayer() : null);
        formats.put(vertex.getVertexName(), format);
      }
    }
    return formats;
  }

  @Override
  public int inputs() {
    return graph.getNumInputArrays();
  }

  @Override
  public Map<String, INDArray> run(INDArray[] features, @Nullable INDArray[] masks, String last) {
    graph.setLayerMaskArrays(masks, null);
    try {
      return graph.feedForward(features, false);
    } finally {
      graph.clearLayerMaskArrays();
    }
  }
}
