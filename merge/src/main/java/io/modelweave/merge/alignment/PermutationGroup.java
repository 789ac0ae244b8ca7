package io.modelweave.merge.alignment;

import java.util.List;

/**
 * Units that can only be permuted together: the hidden units of a layer, the channels of a residual stream, the heads of an attention.
 *
 * @param name names the group; unique in its specification
 * @param units how many there are
 * @param axes every axis of every tensor along which they lie
 * @param layers names of the activations {@code [n, units]} that show what these units do; may be empty if only weights are matched
 */
public record PermutationGroup(String name, int units, List<PermutedAxis> axes, List<String> layers) {

  /**
   * Checks and copies the lists.
   *
   * @throws IllegalArgumentException if there is no unit or no axis, or an axis is there twice
   */
  public PermutationGroup {
    axes = List.copyOf(axes);
    layers = List.copyOf(layers);
    if (units < 1 || axes.isEmpty()) {
      throw new IllegalArgumentException("group \"%s\" has %d units along %d axes; it needs at least one of each"
          .formatted(name, units, axes.size()));
    }
    if (axes.stream().map(axis -> axis.tensor() + "/" + axis.axis()).distinct().count() < axes.size()) {
      throw new IllegalArgumentException("group \"%s\" names an axis twice: %s".formatted(name, axes));
    }
  }

  /** Returns a group without activations. */
  public static PermutationGroup of(String name, int units, PermutedAxis... axes) {
    return new PermutationGroup(name, units, List.of(axes), List.of());
  }
}
