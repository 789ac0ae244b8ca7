package io.modelweave.merge.alignment;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * A new order of {@code n} units: unit {@code i} of the result is unit {@code order[i]} of what is permuted.
 *
 * @param order every number from 0 to {@code n - 1} once; copied in and out
 */
public record Permutation(int[] order) {

  /**
   * Checks and copies the order.
   *
   * @throws IllegalArgumentException if a number is missing, naming one that is out of range or there twice
   */
  public Permutation {
    order = order.clone();
    boolean[] seen = new boolean[order.length];
    for (int unit : order) {
      if (unit < 0 || unit >= order.length || seen[unit]) {
        throw new IllegalArgumentException("not a permutation of %d units: %d is %s".formatted(order.length, unit,
            unit < 0 || unit >= order.length ? "out of range" : "there twice"));
      }
      seen[unit] = true;
    }
  }

  /** Returns the order that changes nothing. */
  public static Permutation identity(int n) {
    return new Permutation(IntStream.range(0, n).toArray());
  }

  /** Returns an order drawn uniformly (Fisher and Yates). */
  public static Permutation random(int n, SplittableRandom random) {
    int[] order = IntStream.range(0, n).toArray();
    for (int i = n - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
    return new Permutation(order);
  }

  /** Returns {@code n}. */
  public int size() {
    return order.length;
  }

  /** Returns the unit that takes place {@code i}. */
  public int of(int i) {
    return order[i];
  }

  /** Returns the order that undoes this one. */
  public Permutation inverse() {
    int[] inverse = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      inverse[order[i]] = i;
    }
    return new Permutation(inverse);
  }

  /** Returns a copy of the order. */
  @Override
  public int[] order() {
    return order.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Permutation that && Arrays.equals(order, that.order);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(order);
  }

  @Override
  public String toString() {
    return Arrays.toString(order);
  }
}
