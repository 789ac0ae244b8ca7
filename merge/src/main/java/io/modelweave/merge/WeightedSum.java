package io.modelweave.merge;

import java.util.List;
import java.util.function.IntFunction;
import org.nd4j.autodiff.samediff.SDVariable;

/** Adds {@code sum w_i x_i} to a graph; what has weight 0 is not computed. */
final class WeightedSum {

  private WeightedSum() {}

  /**
   * Returns the sum, which is exactly the term whose weight is the only one.
   *
   * @param weights not all 0
   * @param term adds the operations of a term
   */
  static SDVariable of(List<Double> weights, IntFunction<SDVariable> term) {
    boolean alone = weights.stream().filter(weight -> weight != 0).count() == 1;
    SDVariable sum = null;
    for (int i = 0; i < weights.size(); i++) {
      if (weights.get(i) != 0) {
        SDVariable share = alone ? term.apply(i) : term.apply(i).mul(weights.get(i));
        sum = sum == null ? share : sum.add(share);
      }
    }
    if (sum == null) {
      throw new IllegalArgumentException("all weights are 0");
    }
    return sum;
  }
}
