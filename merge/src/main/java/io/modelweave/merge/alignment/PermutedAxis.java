package io.modelweave.merge.alignment;

import io.modelweave.core.checkpoint.TensorInfo;

/**
 * One axis of one tensor along which the units of a group lie.
 *
 * <p>Position {@code (o * n + u) * inner + i} of the axis belongs to unit {@code u}, for {@code o < outer} and {@code i < inner}. An axis
 * of the units alone has both 1; after flattening {@code [C, H, W]} a channel is {@code inner = H * W} neighbours; in a fused
 * query-key-value projection of {@code h} heads of width {@code w} a head is {@code outer = 3} stretches of {@code inner = w}.
 *
 * @param tensor name of the tensor
 * @param axis which axis, from 0
 * @param outer how many times the units follow each other
 * @param inner how many neighbouring positions are one unit
 */
public record PermutedAxis(String tensor, int axis, int outer, int inner) {

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if the axis is negative, or outer or inner is not positive
   */
  public PermutedAxis {
    if (axis < 0 || outer < 1 || inner < 1) {
      throw new IllegalArgumentException("\"%s\": axis %d, outer %d, inner %d; the axis must not be negative and the others be positive"
          .formatted(tensor, axis, outer, inner));
    }
  }

  /** Returns an axis whose positions are the units, one each. */
  public static PermutedAxis of(String tensor, int axis) {
    return new PermutedAxis(tensor, axis, 1, 1);
  }

  /** Returns how many positions the axis has for {@code units} units. */
  long length(int units) {
    return (long) outer * units * inner;
  }

  /** Returns, for every position of the permuted axis, the position that its value comes from. */
  int[] sources(Permutation permutation) {
    int units = permutation.size();
    int[] sources = new int[Math.toIntExact(length(units))];
    for (int o = 0; o < outer; o++) {
      for (int u = 0; u < units; u++) {
        for (int i = 0; i < inner; i++) {
          sources[(o * units + u) * inner + i] = (o * units + permutation.of(u)) * inner + i;
        }
      }
    }
    return sources;
  }

  /**
   * Returns the values that belong to each unit, {@code [units, rest]}, row after row; what follows what in a row is the same for every
   * tensor of that shape.
   */
  double[] rows(double[] values, TensorInfo info, int units) {
    int before = Math.toIntExact(info.shape().subList(0, axis).stream().reduce(1L, Math::multiplyExact));
    int after = Math.toIntExact(info.shape().subList(axis + 1, info.shape().size()).stream().reduce(1L, Math::multiplyExact));
    int run = inner * after;
    int rest = values.length / units;
    double[] rows = new double[values.length];
    for (int stretch = 0; stretch < before * outer; stretch++) {
      for (int u = 0; u < units; u++) {
        System.arraycopy(values, (stretch * units + u) * run, rows, u * rest + stretch * run, run);
      }
    }
    return rows;
  }
}
