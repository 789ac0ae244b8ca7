package io.modelweave.moe;

import io.modelweave.core.FeedForward;
import io.modelweave.core.transformer.BlockGraph;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A router over experts in the MLP slot of one block: {@code p = softmax(u W^T + offsets)}, {@code y = sum over the chosen e of p_e MLP_e(u)}.
 *
 * <p>The {@code k} largest probabilities are chosen, of equal ones those listed first, and kept as they are unless renormalised. The
 * choice enters as a 0/1 mask, so that gradients flow through the kept probabilities alone.
 */
record RoutedFeedForward(int layer, INDArray router, float[] offsets, List<Expert> experts, int topK, boolean renormalise)
    implements FeedForward {

  @Override
  public SDVariable build(BlockGraph graph, SDVariable input) {
    SameDiff sd = graph.sameDiff();
    SDVariable logits = sd.mmul(input, graph.parameter(routerName(), router), false, true, false); // [N, E]
    if (hasOffsets()) {
      logits = logits.add(sd.constant(routerName() + ".offsets", Nd4j.createFromArray(offsets).reshape(1, offsets.length)));
    }
    SDVariable probabilities = sd.nn.softmax(logits, -1);
    graph.publish("block.%d.router.probabilities".formatted(layer), probabilities);
    SDVariable gates = topK == experts.size() ? probabilities : keepLargest(sd, probabilities);
    SDVariable output = null;
    for (int e = 0; e < experts.size(); e++) {
      SDVariable gate = sd.slice(gates, new int[] {0, e}, -1, 1); // [N, 1]
      SDVariable share = experts.get(e).mlp().build(graph, input).mul(graph.acrossColumns(gate)); // [N, d]
      output = output == null ? share : output.add(share);
    }
    return output;
  }

  private SDVariable keepLargest(SameDiff sd, SDVariable probabilities) {
    int count = experts.size();
    SDVariable own = sd.expandDims(probabilities, 2); // [N, E, 1]
    SDVariable other = sd.expandDims(probabilities, 1); // [N, 1, E]
    SDVariable larger = sd.gt(other.add(own.mul(0)), own.add(other.mul(0))).castTo(DataType.FLOAT); // [N, E, E]
    SDVariable equal = sd.eq(other.add(own.mul(0)), own.add(other.mul(0))).castTo(DataType.FLOAT);
    SDVariable before = sd.constant("expertsListedBefore." + layer, strictlyLower(count)); // [1, E, E]
    SDVariable rank = sd.sum(larger.add(equal.mul(before)), 2); // [N, E]: how many experts come first
    SDVariable kept = probabilities.mul(sd.lt(rank, topK).castTo(DataType.FLOAT));
    return renormalise ? kept.div(sd.sum(kept, true, 1)) : kept;
  }

  private static INDArray strictlyLower(int size) {
    float[] mask = new float[size * size];
    for (int row = 0; row < size; row++) {
      Arrays.fill(mask, row * size, row * size + row, 1f);
    }
    return Nd4j.createFromArray(mask).reshape(1, size, size);
  }

  private boolean hasOffsets() {
    for (float offset : offsets) {
      if (offset != 0) {
        return true;
      }
    }
    return false;
  }

  private String routerName() {
    return "transformer.h.%d.router.weight".formatted(layer);
  }

  @Override
  public Map<String, INDArray> parameters() {
    Map<String, INDArray> all = new LinkedHashMap<>();
    all.put(routerName(), router);
    experts.forEach(expert -> all.putAll(expert.mlp().parameters()));
    return all;
  }
}
