package io.modelweave.core.training;

/** The learning rate of each step. */
@FunctionalInterface
public interface LearningRate {

  /**
   * Returns the rate of a step.
   *
   * @param step from 0
   * @param steps how many there will be
   */
  double at(int step, int steps);

  /** The same rate throughout. */
  static LearningRate constant(double rate) {
    requirePositive(rate);
    return (step, steps) -> rate;
  }

  /**
   * Half a cosine without warm-up from {@code peak} towards {@code floorShare * peak}:
   * {@code peak (floorShare + (1 - floorShare) (1 + cos(pi step / steps)) / 2)}.
   *
   * <p>Source: Loshchilov and Hutter, "SGDR", 2016, arXiv 1608.03983, equation 5.
   *
   * @param floorShare in [0, 1]; the paper uses 0.1
   */
  static LearningRate cosine(double peak, double floorShare) {
    requirePositive(peak);
    if (!(floorShare >= 0 && floorShare <= 1)) {
      throw new IllegalArgumentException("floorShare is %s, must be in [0, 1]".formatted(floorShare));
    }
    return (step, steps) -> peak * (floorShare + (1 - floorShare) * (1 + Math.cos(Math.PI * step / steps)) / 2);
  }

  private static void requirePositive(double rate) {
    if (!(rate > 0) || Double.isInfinite(rate)) {
      throw new IllegalArgumentException("the learning rate is %s, must be positive and finite".formatted(rate));
    }
  }
}
