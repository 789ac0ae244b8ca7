package io.modelweave.merge.alignment;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.checkpoint.TensorInfo;
import io.modelweave.merge.alignment.TensorReordering.Labelled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The tensors of both models that some groups share with each other and with no other group, in double. */
final class MatchingProblem {

  private final List<PermutationGroup> groups;
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private final double scale;

  /** One tensor in both models, and the groups along its axes. */
  private record Tensor(TensorInfo info, double[] a, double[] b, Map<Integer, Labelled> axes) {}

  MatchingProblem(List<PermutationGroup> groups, Checkpoint a, Checkpoint b) {
    this.groups = groups;
    for (PermutationGroup group : groups) {
      for (PermutedAxis axis : group.axes()) {
        tensors.computeIfAbsent(axis.tensor(), name -> new Tensor(a.info(name), values(a, name), values(b, name), new HashMap<>()))
            .axes.put(axis.axis(), new Labelled(group.name(), axis));
      }
    }
    double ofA = tensors.values().stream().mapToDouble(tensor -> dot(tensor.a, tensor.a)).sum();
    double ofB = tensors.values().stream().mapToDouble(tensor -> dot(tensor.b, tensor.b)).sum();
    scale = Math.sqrt(ofA * ofB);
  }

  private static double[] values(Checkpoint checkpoint, String name) {
    double[] values;
    try (INDArray stored = checkpoint.tensor(name);
        INDArray wide = Doubles.copy(stored)) {
      values = wide.reshape(wide.length()).toDoubleVector();
    }
    for (double value : values) {
      if (!Double.isFinite(value)) {
        throw new IllegalArgumentException("\"%s\" of %s holds %s; units cannot be compared by weights that are not finite"
            .formatted(name, checkpoint.source(), value));
      }
    }
    return values;
  }

  List<PermutationGroup> groups() {
    return groups;
  }

  /** Returns the largest objective that there could be, {@code |a| |b|}. */
  double scale() {
    return scale;
  }

  /** Returns the sum over the given groups' tensors of {@code <a, permuted b>}. */
  double objective(List<PermutationGroup> of, Map<String, Permutation> permutations) {
    Set<String> names = of.stream().flatMap(group -> group.axes().stream()).map(PermutedAxis::tensor).collect(Collectors.toSet());
    double sum = 0;
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      if (names.contains(entry.getKey())) {
        sum += dot(entry.getValue().a, permuted(entry.getValue(), permutations));
      }
    }
    return sum;
  }

  /**
   * Returns {@code [units, units]}: what it adds to the objective to put unit {@code j} of b in place {@code i}, everything else being as
   * {@code permutations} say. Where one group lies along two axes of a tensor this is the part linear in a change of one axis.
   */
  double[] gains(PermutationGroup group, Map<String, Permutation> permutations) {
    List<double[]> ofA = new ArrayList<>();
    List<double[]> ofB = new ArrayList<>();
    for (PermutedAxis axis : group.axes()) {
      Tensor tensor = tensors.get(axis.tensor());
      ofA.add(axis.rows(tensor.a, tensor.info, group.units()));
      ofB.add(axis.rows(permuted(without(tensor, axis), permutations), tensor.info, group.units()));
    }
    return products(group.units(), ofA, ofB);
  }

  /**
   * Returns {@code [units, units]} as {@link #gains} does, but for axes that meet a group without a permutation yet, the most that any
   * permutation of it could give: the product of both rows sorted (rearrangement inequality).
   */
  double[] optimisticGains(PermutationGroup group, Map<String, Permutation> settled) {
    List<double[]> ofA = new ArrayList<>();
    List<double[]> ofB = new ArrayList<>();
    for (PermutedAxis axis : group.axes()) {
      Tensor tensor = without(tensors.get(axis.tensor()), axis);
      boolean known = isSettled(tensor, settled);
      double[] a = axis.rows(tensor.a, tensor.info, group.units());
      double[] b = axis.rows(known ? permuted(tensor, settled) : tensor.b, tensor.info, group.units());
      ofA.add(known ? a : sortedRows(a, group.units()));
      ofB.add(known ? b : sortedRows(b, group.units()));
    }
    return products(group.units(), ofA, ofB);
  }

  /** Returns the share of a group's elements that meet no group but those settled. */
  double settledShare(PermutationGroup group, Map<String, Permutation> settled) {
    double known = 0;
    double all = 0;
    for (PermutedAxis axis : group.axes()) {
      Tensor tensor = tensors.get(axis.tensor());
      all += tensor.a.length;
      known += isSettled(without(tensor, axis), settled) ? tensor.a.length : 0;
    }
    return known / all;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static boolean isSettled(Tensor tensor, Map<String, Permutation> settled) {
    return tensor.axes.values().stream().allMatch(labelled -> settled.containsKey(labelled.group()));
  }

  private static Tensor without(Tensor tensor, PermutedAxis axis) {
    Map<Integer, Labelled> others = new HashMap<>(tensor.axes);
    others.remove(axis.axis());
    return new Tensor(tensor.info, tensor.a, tensor.b, others);
  }

  private static double[] permuted(Tensor tensor, Map<String, Permutation> permutations) {
    return tensor.axes.isEmpty() ? tensor.b : TensorReordering.of(tensor.info, tensor.axes, permutations).reorder(tensor.b);
  }

  private static double[] sortedRows(double[] rows, int units) {
    int width = rows.length / units;
    for (int unit = 0; unit < units; unit++) {
      Arrays.sort(rows, unit * width, (unit + 1) * width);
    }
    return rows;
  }

  /** Returns the sum over the pairs of matrices {@code [units, rest]} of {@code X Y^T}, {@code [units, units]} row after row. */
  private static double[] products(int units, List<double[]> left, List<double[]> right) {
    try (INDArray x = beside(units, left);
        INDArray y = beside(units, right);
        INDArray product = Nd4j.gemm(x, y, false, true)) {
      INDArray rows = product.dup('c');
      double[] values = rows.reshape(rows.length()).toDoubleVector();
      rows.close();
      return values;
    }
  }

  /** Returns {@code [units, sum of rests]}. */
  private static INDArray beside(int units, List<double[]> matrices) {
    int width = matrices.stream().mapToInt(m -> m.length / units).sum();
    double[] joined = new double[units * width];
    int column = 0;
    for (double[] matrix : matrices) {
      int own = matrix.length / units;
      for (int unit = 0; unit < units; unit++) {
        System.arraycopy(matrix, unit * own, joined, unit * width + column, own);
      }
      column += own;
    }
    return Nd4j.create(joined, new long[] {units, width}, 'c');
  }
}
