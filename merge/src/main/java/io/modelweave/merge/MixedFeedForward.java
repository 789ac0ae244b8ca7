package io.modelweave.merge;

import io.modelweave.core.FeedForward;
import io.modelweave.core.transformer.BlockGraph;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Several feed-forward layers on the same input, {@code sum w_i MLP_i(u)}. */
record MixedFeedForward(List<FeedForward> layers, List<Double> weights) implements FeedForward {

  @Override
  public SDVariable build(BlockGraph graph, SDVariable input) {
    return WeightedSum.of(weights, i -> layers.get(i).build(graph, input));
  }

  @Override
  public Map<String, INDArray> parameters() {
    Map<String, INDArray> all = new LinkedHashMap<>();
    for (int i = 0; i < layers.size(); i++) {
      if (weights.get(i) != 0) {
        all.putAll(layers.get(i).parameters());
      }
    }
    return all;
  }
}
