package io.modelweave.merge;

import io.modelweave.core.FeedForward;
import io.modelweave.core.transformer.BlockGraph;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Two feed-forward layers on the same input, {@code (1 - alpha) a + alpha b}. */
record MixedFeedForward(FeedForward a, FeedForward b, double alpha) implements FeedForward {

  @Override
  public SDVariable build(BlockGraph graph, SDVariable input) {
    if (alpha == 1) {
      return b.build(graph, input); // exactly b, and half the work
    }
    return a.build(graph, input).mul(1 - alpha).add(b.build(graph, input).mul(alpha));
  }

  @Override
  public Map<String, INDArray> parameters() {
    Map<String, INDArray> both = new LinkedHashMap<>(a.parameters());
    both.putAll(b.parameters());
    return both;
  }
}
