package io.modelweave.merge;

/** The weight of the second model in an interpolation. */
final class Alpha {

  private Alpha() {}

  /** Returns normally if {@code alpha} is in [0, 1]. */
  static void require(double alpha) {
    if (!(alpha >= 0 && alpha <= 1)) {
      throw new IllegalArgumentException(
          "alpha is %s; interpolation needs a weight of the second model in [0, 1], and anything outside would be an extrapolation".formatted(alpha));
    }
  }
}
