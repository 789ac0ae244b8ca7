package io.modelweave.merge.alignment;

import java.util.Arrays;
import java.util.Map;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What the layers of a graph answer, with one column a unit: positions of an image or a sequence are samples of their own. */
final class GraphActivations {

  private final ComputationGraph graph;
  private final boolean channelsLast;

  GraphActivations(ComputationGraph graph) {
    if (graph.getNumInputArrays() != 1) {
      throw new IllegalArgumentException("the graph has %d inputs; activations are recorded of graphs with one"
          .formatted(graph.getNumInputArrays()));
    }
    this.graph = graph;
    this.channelsLast = Arrays.stream(graph.getLayers()).map(layer -> layer.conf().getLayer())
        .anyMatch(layer -> layer instanceof ConvolutionLayer convolution && convolution.getCnn2dDataFormat() == CNN2DFormat.NHWC);
  }

  /** Returns the outputs of all vertices on one batch, in inference mode, as DL4J shapes them; the caller closes them. */
  Map<String, INDArray> of(INDArray inputs) {
    return graph.feedForward(new INDArray[] {inputs}, false);
  }

  /** Closes what {@link #of} returned, but not the memory of the batch, which may be among it. */
  static void close(Map<String, INDArray> activations, INDArray batch) {
    activations.values().stream().filter(array -> array.data() != batch.data() && array.closeable()).forEach(INDArray::close);
  }

  /**
   * Returns {@code [n, units]} for an activation {@code [N, C]}, {@code [N, C, T]}, {@code [N, C, H, W]} or {@code [N, H, W, C]}:
   * a copy or itself.
   */
  INDArray rows(INDArray activation) {
    INDArray last = switch (activation.rank()) {
      case 3 -> activation.permute(0, 2, 1);
      case 4 -> channelsLast ? activation : activation.permute(0, 2, 3, 1);
      default -> activation;
    };
    return activation.rank() == 2 ? activation : last.dup('c').reshape(-1, last.size(-1));
  }
}
