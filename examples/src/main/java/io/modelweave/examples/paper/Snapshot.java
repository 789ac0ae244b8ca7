package io.modelweave.examples.paper;

import io.modelweave.cka.Score;
import java.util.Map;

/**
 * What was measured after so many steps of specialisation. Losses are nats per token on validation text; alpha is the weight of the code
 * specialist.
 *
 * @param step of fine-tuning
 * @param mathsLoss the maths specialist on maths
 * @param codeLoss the code specialist on code
 * @param activationLosses alpha to loss on the target, MLP outputs interpolated
 * @param weightLosses alpha to loss on the target, weights interpolated
 * @param targetCka between the specialists' middle layers on target text
 * @param pretrainingCka the same on pretraining text
 */
record Snapshot(int step, double mathsLoss, double codeLoss, Map<Double, Double> activationLosses, Map<Double, Double> weightLosses,
    Score targetCka, Score pretrainingCka) {

  /** Returns the merged loss of the paper: the smallest over alpha, activations interpolated. */
  double mergedLoss() {
    return smallest(activationLosses);
  }

  /** Returns the smallest loss over alpha, weights interpolated. */
  double weightMergedLoss() {
    return smallest(weightLosses);
  }

  private static double smallest(Map<Double, Double> losses) {
    return losses.values().stream().mapToDouble(Double::doubleValue).min().orElseThrow();
  }
}
