package io.modelweave.cka;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Draws of samples that are the same in every run. */
final class Sampling {

  private Sampling() {}

  /** Returns {@code count} different numbers below {@code n}, in ascending order; all if there are no more. */
  static int[] distinct(int n, int count, long seed) {
    if (count >= n) {
      return IntStream.range(0, n).toArray();
    }
    int[] drawn = Arrays.copyOf(permutation(n, new SplittableRandom(seed)), count);
    Arrays.sort(drawn);
    return drawn;
  }

  /** Returns the numbers below {@code n} in random order. Source: Fisher and Yates, as in Durstenfeld 1964. */
  static int[] permutation(int n, SplittableRandom random) {
    int[] order = IntStream.range(0, n).toArray();
    for (int i = n - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
    return order;
  }
}
