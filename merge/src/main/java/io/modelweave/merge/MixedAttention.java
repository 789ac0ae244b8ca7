package io.modelweave.merge;

import io.modelweave.core.FeedForward;
import io.modelweave.core.transformer.BlockGraph;
import io.modelweave.core.transformer.BlockLayer;
import io.modelweave.core.transformer.BlockParts;
import io.modelweave.core.transformer.GuestModel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The attention of several models on the same input, {@code sum w_i attention_i(u)}, and the host's MLP.
 *
 * @param layer the block's number
 * @param own the host's MLP
 * @param guests the other models
 * @param weights the host's first
 */
record MixedAttention(int layer, FeedForward own, List<GuestModel> guests, List<Double> weights) implements BlockLayer {

  @Override
  public SDVariable build(BlockParts block, SDVariable x) {
    return block.build(x, u -> WeightedSum.of(weights, i -> i == 0 ? block.attention(u) : block.of(guests.get(i - 1)).attention(u)));
  }

  @Override
  public SDVariable build(BlockGraph graph, SDVariable input) {
    return own.build(graph, input);
  }

  @Override
  public Map<String, INDArray> parameters() {
    Map<String, INDArray> all = new LinkedHashMap<>(own.parameters());
    for (int i = 1; i < weights.size(); i++) {
      if (weights.get(i) != 0) {
        all.putAll(guests.get(i - 1).attentionParameters(layer));
      }
    }
    return all;
  }
}
