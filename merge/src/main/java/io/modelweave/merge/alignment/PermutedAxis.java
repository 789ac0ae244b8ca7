package io.modelweave.merge.alignment;

import io.modelweave.core.checkpoint.TensorInfo;

/**
 * One axis of one tensor along which the units of a group lie.
 *
 * <p>Position {@code (o * n + u) * inner + i} of the axis belongs to unit {@code u}, for {@code o < outer} and {@code i < inner}. An axis
 * of the units alone has both 1; after flattening {@code [C, H, W]} a channel is {@code inner = H * W} neighbours; in a fused
 * query-key-value projection of {@code h} heads of width {@code w} a head is {@code outer = 3} stretches of {@code inner = w}. Where
 * neighbouring units share a place, as query heads share a key head, {@code u} counts the places: unit {@code u} is at place
 * {@code u / sharing}.
 *
 * @param tensor name of the tensor
 * @param axis which axis, from 0
 * @param outer how many times the units follow each other
 * @param inner how many neighbouring positions are one unit
 * @param sharing how many neighbouring units have one place; 1 if each has its own
 */
public record PermutedAxis(String tensor, int axis, int outer, int inner, int sharing) {

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if the axis is negative, or outer, inner or sharing is not positive
   */
  public PermutedAxis {
    if (axis < 0 || outer < 1 || inner < 1 || sharing < 1) {
      throw new IllegalArgumentException(
          "\"%s\": axis %d, outer %d, inner %d, sharing %d; the axis must not be negative and the others be positive"
              .formatted(tensor, axis, outer, inner, sharing));
    }
  }

  /** Returns an axis on which each unit has its own place. */
  public PermutedAxis(String tensor, int axis, int outer, int inner) {
    this(tensor, axis, outer, inner, 1);
  }

  /** Returns an axis whose positions are the units, one each. */
  public static PermutedAxis of(String tensor, int axis) {
    return new PermutedAxis(tensor, axis, 1, 1);
  }

  /** Returns how many positions the axis has for {@code units} units. */
  long length(int units) {
    return (long) outer * (units / sharing) * inner;
  }

  /** Returns, for every position of the permuted axis, the position that its value comes from. */
  int[] sources(Permutation permutation) {
    int places = permutation.size() / sharing;
    int[] sources = new int[Math.toIntExact(length(permutation.size()))];
    for (int o = 0; o < outer; o++) {
      for (int place = 0; place < places; place++) {
        int from = permutation.of(place * sharing) / sharing;
        for (int i = 0; i < inner; i++) {
          sources[(o * places + place) * inner + i] = (o * places + from) * inner + i;
        }
      }
    }
    return sources;
  }

  /**
   * Returns the values that belong to each unit, {@code [units, rest]}, row after row; what follows what in a row is the same for every
   * tensor of that shape. What several units share is in the row of each, divided by the square root of their number, so that the
   * products of the rows of units that stay together add up to the product of what they share.
   */
  double[] rows(double[] values, TensorInfo info, int units) {
    int before = Math.toIntExact(info.shape().subList(0, axis).stream().reduce(1L, Math::multiplyExact));
    int after = Math.toIntExact(info.shape().subList(axis + 1, info.shape().size()).stream().reduce(1L, Math::multiplyExact));
    int run = inner * after;
    int places = units / sharing;
    int rest = values.length / places;
    double[] rows = new double[rest * units];
    for (int stretch = 0; stretch < before * outer; stretch++) {
      for (int u = 0; u < units; u++) {
        System.arraycopy(values, (stretch * places + u / sharing) * run, rows, u * rest + stretch * run, run);
      }
    }
    if (sharing > 1) {
      double share = 1 / Math.sqrt(sharing);
      for (int i = 0; i < rows.length; i++) {
        rows[i] *= share;
      }
    }
    return rows;
  }
}
