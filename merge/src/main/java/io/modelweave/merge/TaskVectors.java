package io.modelweave.merge;

import io.modelweave.merge.method.Parameter;
import io.modelweave.merge.method.TaskVectorMerge.Consensus;
import io.modelweave.merge.method.Variant;

/** What the methods on task vectors have in common. */
final class TaskVectors {

  private TaskVectors() {}

  static Parameter lambda() {
    return Parameter.number("lambda", 1, -Double.MAX_VALUE, Double.MAX_VALUE);
  }

  /** Returns the share of entries to keep, for each model. */
  static Parameter density(double defaultValue) {
    return Parameter.ofModel("density", defaultValue, 0, 1);
  }

  static Consensus vote(Variant variant) {
    return variant == Variant.MERGEKIT ? Consensus.WEIGHTED_SUM : Consensus.SUM;
  }

  static double requireShare(String what, double value) {
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException("%s is %s, outside [0, 1]".formatted(what, value));
    }
    return value;
  }
}
