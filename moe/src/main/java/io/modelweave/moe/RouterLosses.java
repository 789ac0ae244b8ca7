package io.modelweave.moe;

import io.modelweave.core.transformer.BlockGraph;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What router training adds to the cross-entropy, a block at a time, so that blocks do not cancel each other.
 *
 * <p>Sources: Fedus, Zoph and Shazeer, "Switch Transformers", 2021, arXiv 2101.03961, equations 4 to 6, divided by {@code k}; Zoph et
 * al., "ST-MoE", 2022, arXiv 2202.08906, equation 5.
 */
final class RouterLosses {

  private RouterLosses() {}

  /**
   * Adds the losses of one block to what a graph minimises and publishes each:
   * {@code block.<l>.router.balance} and {@code .z}, {@code [1, 1]}.
   *
   * @param blocks what the losses are divided by
   * @param kept {@code [N, E]} of 0 and 1, or null if all are kept
   */
  static void add(BlockGraph graph, RouterOptions options, int experts, int blocks, SDVariable logits, SDVariable probabilities,
      @Nullable SDVariable kept) {
    SameDiff sd = graph.sameDiff();
    if (options.balanceLoss() == 0 && options.zLoss() == 0) {
      return;
    }
    SDVariable counted = counted(graph, options); // [1, N] of 0 and 1
    SDVariable tokens = sd.max(sd.sum(counted, true, 1), sd.constant("one." + graph.layer(), Nd4j.ones(DataType.FLOAT, 1, 1)));
    String name = "block.%d.router.".formatted(graph.layer());
    if (options.balanceLoss() > 0 && kept != null) { // with all experts kept the loads are equal and the loss is the constant 1
      SDVariable load = counted.mmul(kept).div(tokens); // k f [1, E]; sums of whole numbers are exact, so divide last
      SDVariable share = counted.mmul(probabilities).div(tokens); // P [1, E]
      SDVariable balance = sd.sum(load.mul(share), true, 1).mul((double) experts / options.topK());
      graph.publish(name + "balance", balance);
      graph.penalise(sd.sum(balance).mul(options.balanceLoss() / blocks));
    }
    if (options.zLoss() > 0) {
      SDVariable logSum = sd.mean(logits.sub(sd.nn.logSoftmax(logits)), true, 1); // [N, 1]; all columns are equal
      SDVariable z = counted.mmul(logSum.mul(logSum)).div(tokens);
      graph.publish(name + "z", z);
      graph.penalise(sd.sum(z).mul(options.zLoss() / blocks));
    }
  }

  private static SDVariable counted(BlockGraph graph, RouterOptions options) {
    SameDiff sd = graph.sameDiff();
    SDVariable ids = sd.reshape(graph.tokenIds(), 1, -1);
    return (options.paddingId() < 0 ? sd.gte(ids, 0) : sd.neq(ids, options.paddingId())).castTo(DataType.FLOAT);
  }
}
