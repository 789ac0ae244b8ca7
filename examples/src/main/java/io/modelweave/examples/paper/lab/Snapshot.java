package io.modelweave.examples.paper.lab;

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
 * @param tiesLoss on the target, merged by TIES with the density of its paper, 0.2
 * @param ensembleLoss on the target, next-token probabilities averaged
 * @param retention losses on pretraining text
 * @param targetCka between the specialists' middle layers on target text
 * @param pretrainingCka the same on pretraining text
 */
public record Snapshot(int step, double mathsLoss, double codeLoss, Map<Double, Double> activationLosses,
    Map<Double, Double> weightLosses, double tiesLoss, double ensembleLoss, Retention retention, Score targetCka, Score pretrainingCka) {

  /** The alpha in the middle. */
  public static final double MIDDLE = 0.5;

  /**
   * How well pretraining text is still predicted.
   *
   * @param maths loss of the maths specialist on it
   * @param code of the code specialist
   * @param merged of their MLP outputs interpolated in the middle, at alpha 0.5
   */
  public record Retention(double maths, double code, double merged) {}

  /** Returns the merged loss of the paper: the smallest over alpha, activations interpolated. */
  public double mergedLoss() {
    return smallest(activationLosses);
  }

  /** Returns the smallest loss over alpha, weights interpolated. */
  public double weightMergedLoss() {
    return smallest(weightLosses);
  }

  /** Returns the loss at alpha 0.5, activations interpolated. */
  public double middleLoss() {
    return activationLosses.get(MIDDLE);
  }

  /** Returns the loss at alpha 0.5, weights interpolated. */
  public double weightMiddleLoss() {
    return weightLosses.get(MIDDLE);
  }

  private static double smallest(Map<Double, Double> losses) {
    return losses.values().stream().mapToDouble(Double::doubleValue).min().orElseThrow();
  }
}
