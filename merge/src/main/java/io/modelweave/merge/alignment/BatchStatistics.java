package io.modelweave.merge.alignment;

import java.util.Map;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Statistics of what goes through a graph, over all data: of any layer's output, and of the input of batch normalisations. */
final class BatchStatistics {

  /** Below any variance that FLOAT activations have; its logarithm is finite. */
  private static final double SMALLEST_VARIANCE = 1e-30;

  private BatchStatistics() {}

  /** Returns means and variances of the units of a vertex's output. */
  static UnitMoments of(ComputationGraph graph, String vertex, Iterable<INDArray> batches) {
    return gather(graph, vertex, null, batches);
  }

  /** Gives a batch normalisation the means and variances of its input. */
  static void reset(ComputationGraph graph, String normalisation, Iterable<INDArray> batches) {
    String input = graph.getConfiguration().getVertexInputs().get(normalisation).get(0);
    LayerVertex vertex = (LayerVertex) graph.getConfiguration().getVertices().get(normalisation);
    UnitMoments moments = gather(graph, input, vertex.getPreProcessor(), batches);
    double[] means = new double[moments.units()];
    double[] spreads = new double[moments.units()];
    boolean logarithmic = graph.getLayer(normalisation).paramTable().containsKey("log10stdev");
    for (int unit = 0; unit < means.length; unit++) {
      means[unit] = moments.mean(unit);
      double variance = moments.variance(unit);
      spreads[unit] = logarithmic ? 0.5 * Math.log10(Math.max(variance, SMALLEST_VARIANCE)) : variance;
    }
    assign(graph.getLayer(normalisation).getParam("mean"), means);
    assign(graph.getLayer(normalisation).getParam(logarithmic ? "log10stdev" : "var"), spreads);
  }

  private static UnitMoments gather(ComputationGraph graph, String vertex, @Nullable InputPreProcessor preprocessor,
      Iterable<INDArray> batches) {
    GraphActivations activations = new GraphActivations(graph);
    UnitMoments moments = new UnitMoments();
    for (INDArray batch : batches) {
      Map<String, INDArray> all = activations.of(batch);
      INDArray seen = all.get(vertex);
      if (preprocessor != null) {
        seen = preprocessor.preProcess(seen, (int) batch.size(0), LayerWorkspaceMgr.noWorkspaces());
      }
      try (UnitMoments.Batch units = UnitMoments.Batch.of(activations.rows(seen))) {
        moments.add(units);
      }
      GraphActivations.close(all, batch);
    }
    if (moments.samples() == 0) {
      throw new IllegalArgumentException("no batch: statistics need data");
    }
    return moments;
  }

  private static void assign(INDArray parameter, double[] values) {
    try (INDArray array = Nd4j.createFromArray(values)) {
      parameter.assign(array.reshape(parameter.shape()));
    }
  }
}
