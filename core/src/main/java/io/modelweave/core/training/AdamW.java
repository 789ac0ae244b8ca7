package io.modelweave.core.training;

/**
 * Options of Adam with decoupled weight decay: {@code p <- (1 - lr * decay) p - lr * mHat / (sqrt(vHat) + epsilon)}.
 *
 * <p>Decay applies to every trained parameter, biases included, as in the paper. Moments are FLOAT.
 *
 * <p>Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019, arXiv 1711.05101, algorithm 2.
 *
 * @param beta1 decay of the first moment, in [0, 1)
 * @param beta2 decay of the second moment, in [0, 1)
 * @param epsilon added to the root of the second moment
 * @param weightDecay decoupled decay, at least 0
 */
public record AdamW(double beta1, double beta2, double epsilon, double weightDecay) {

  /** Checks the ranges. */
  public AdamW {
    if (!(beta1 >= 0 && beta1 < 1) || !(beta2 >= 0 && beta2 < 1) || !(epsilon > 0) || !(weightDecay >= 0)) {
      throw new IllegalArgumentException("AdamW(beta1 %s, beta2 %s, epsilon %s, weightDecay %s): betas must be in [0, 1), epsilon positive, decay not negative"
          .formatted(beta1, beta2, epsilon, weightDecay));
    }
  }

  /** Returns the paper's options: betas 0.9 and 0.99, epsilon 1e-8, decay 0.1. */
  public static AdamW defaults() {
    return new AdamW(0.9, 0.99, 1e-8, 0.1);
  }

  /** Returns the same options with other betas. */
  public AdamW withBetas(double newBeta1, double newBeta2) {
    return new AdamW(newBeta1, newBeta2, epsilon, weightDecay);
  }

  /** Returns the same options with another decay. */
  public AdamW withWeightDecay(double newWeightDecay) {
    return new AdamW(beta1, beta2, epsilon, newWeightDecay);
  }
}
