package io.modelweave.merge.alignment;

import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiFunction;

/**
 * Units that are permuted by one permutation: the hidden units of a layer, the channels of a residual stream, the heads of an attention.
 *
 * <p>Where an axis is shared by neighbouring units ({@link PermutedAxis#sharing}), the neighbours stay {@link #together}: only
 * permutations that move them as a whole, in whatever order among themselves, keep what the model computes.
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
   * @throws IllegalArgumentException if there is no unit or no axis, an axis is there twice, or the units cannot be shared out
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
    int largest = together(axes);
    if (units % largest != 0 || axes.stream().anyMatch(axis -> largest % axis.sharing() != 0)) {
      throw new IllegalArgumentException("group \"%s\": %d units cannot share places by %s".formatted(name, units,
          axes.stream().map(PermutedAxis::sharing).distinct().toList()));
    }
  }

  /** Returns a group without activations. */
  public static PermutationGroup of(String name, int units, PermutedAxis... axes) {
    return new PermutationGroup(name, units, List.of(axes), List.of());
  }

  /** Returns how many neighbouring units stay together, 1 if each moves on its own. */
  public int together() {
    return together(axes);
  }

  private static int together(List<PermutedAxis> axes) {
    return axes.stream().mapToInt(PermutedAxis::sharing).max().orElse(1);
  }

  /** Returns an allowed permutation drawn uniformly. */
  public Permutation random(SplittableRandom random) {
    return joined(Permutation.random(units / together(), random), (place, from) -> Permutation.random(together(), random));
  }

  /**
   * Returns the allowed permutation {@code p} for which the sum over units {@code i} of {@code scores[i * units + p(i)]} is largest: for
   * each pair of sets that stay together the best order inside, then the best pairs.
   *
   * @param scores {@code [units, units]}, row after row
   */
  Permutation best(double[] scores) {
    int size = together();
    if (size == 1) {
      return LinearAssignment.maximize(scores, units);
    }
    int sets = units / size;
    Permutation[] inside = new Permutation[sets * sets];
    double[] reached = new double[sets * sets];
    for (int pair = 0; pair < inside.length; pair++) {
      double[] ofPair = new double[size * size];
      for (int i = 0; i < size; i++) {
        System.arraycopy(scores, (pair / sets * size + i) * units + pair % sets * size, ofPair, i * size, size);
      }
      inside[pair] = LinearAssignment.maximize(ofPair, size);
      for (int i = 0; i < size; i++) {
        reached[pair] += ofPair[i * size + inside[pair].of(i)];
      }
    }
    return joined(LinearAssignment.maximize(reached, sets), (place, from) -> inside[place * sets + from]);
  }

  /** Returns the permutation of units by one of the sets that stay together and one inside each. */
  private Permutation joined(Permutation sets, BiFunction<Integer, Integer, Permutation> inside) {
    int size = together();
    int[] order = new int[units];
    for (int place = 0; place < sets.size(); place++) {
      Permutation within = inside.apply(place, sets.of(place));
      for (int i = 0; i < size; i++) {
        order[place * size + i] = sets.of(place) * size + within.of(i);
      }
    }
    return new Permutation(order);
  }

  /**
   * Returns normally if a permutation parts no units that stay together.
   *
   * @throws IllegalArgumentException naming the first two that it parts
   */
  void requireTogether(Permutation permutation) {
    int size = together();
    for (int i = 0; i < units; i++) {
      int first = permutation.of(i / size * size);
      if (permutation.of(i) / size != first / size) {
        throw new IllegalArgumentException(
            "group \"%s\": the permutation puts units %d and %d beside each other, but each %d that share a place stay together"
                .formatted(name, first, permutation.of(i), size));
      }
    }
  }
}
