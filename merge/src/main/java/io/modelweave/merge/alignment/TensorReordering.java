package io.modelweave.merge.alignment;

import io.modelweave.core.checkpoint.TensorInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where the elements of one permuted tensor come from, in runs as long as the untouched trailing axes allow. */
final class TensorReordering {

  /** Takes one run of neighbouring elements. */
  @FunctionalInterface
  interface Run {
    void move(int source, int target, int length);
  }

  private final int[] shape;
  private final List<int @Nullable []> sources;
  private final int permutedAxes;

  private TensorReordering(int[] shape, List<int @Nullable []> sources) {
    this.shape = shape;
    this.sources = sources;
    int last = shape.length;
    while (last > 0 && sources.get(last - 1) == null) {
      last--;
    }
    this.permutedAxes = last;
  }

  /**
   * Returns the reordering of a tensor by the permutations of the groups that lie along its axes.
   *
   * @param axes group by axis number
   * @param permutations by group
   */
  static TensorReordering of(TensorInfo info, Map<Integer, Labelled> axes, Map<String, Permutation> permutations) {
    if (info.length() > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException("tensor \"%s\" of %d elements is too large to be permuted in memory"
          .formatted(info.name(), info.length()));
    }
    int[] shape = info.shape().stream().mapToInt(Math::toIntExact).toArray();
    List<int @Nullable []> sources = new ArrayList<>();
    for (int axis = 0; axis < shape.length; axis++) {
      Labelled labelled = axes.get(axis);
      sources.add(labelled == null ? null : labelled.axis.sources(permutations.get(labelled.group)));
    }
    return new TensorReordering(shape, sources);
  }

  /** An axis and the group whose units lie along it. */
  record Labelled(String group, PermutedAxis axis) {}

  void forEachRun(Run run) {
    int length = 1;
    for (int axis = permutedAxes; axis < shape.length; axis++) {
      length *= shape[axis];
    }
    visit(0, 0, 0, length, run);
  }

  double[] reorder(double[] values) {
    double[] reordered = new double[values.length];
    forEachRun((source, target, length) -> System.arraycopy(values, source, reordered, target, length));
    return reordered;
  }

  /** {@code source} and {@code target} are the positions so far, in units of what the remaining axes span. */
  private void visit(int axis, int source, int target, int length, Run run) {
    if (axis == permutedAxes) {
      run.move(source * length, target * length, length);
      return;
    }
    int[] from = sources.get(axis);
    for (int i = 0; i < shape[axis]; i++) {
      visit(axis + 1, source * shape[axis] + (from == null ? i : from[i]), target * shape[axis] + i, length, run);
    }
  }
}
