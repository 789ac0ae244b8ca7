package io.modelweave.core.transformer;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.CustomOp;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Replaces recorded operations by cheaper ones that give the same numbers up to rounding.
 *
 * <p>ND4J's gradient operations compute the gradient of every input, wanted or not; its softmax takes twice and the softmax's gradient
 * seven times as long as the plain operations that they consist of (one core, 147,456 elements: 0.80 against 0.44 and 0.84 against
 * 0.12 ms).
 */
final class Lowering implements AutoCloseable {

  private final Map<String, INDArray> softmaxOf = new HashMap<>();
  private final Map<List<Long>, INDArray> ones = new HashMap<>();
  private final Map<Long, INDArray> columns = new HashMap<>();

  /** Returns whether this is a softmax whose gradient is computed later in the same run; its result must then live until then. */
  static boolean isReadByGradient(SameDiff graph, SameDiffOp softmax) {
    return softmax.getOp().opName().equals("softmax") && graph.getVariables().get(softmax.getInputsToOp().get(0)).getInputsForOp().stream()
        .anyMatch(reader -> graph.getOps().get(reader).getOp().opName().equals("softmax_bp"));
  }

  /** Remembers the result of a softmax for {@link #isReadByGradient its gradient}, which in ND4J computes it again. */
  void keep(SameDiffOp softmax, INDArray result) {
    softmaxOf.put(softmax.getInputsToOp().get(0), result);
  }

  /**
   * Returns the steps to run in place of a recorded one: itself where nothing cheaper is known, else its context is closed.
   *
   * @param read names of the variables that later steps or the caller read
   */
  List<RecordedStep> lower(RecordedStep step, Set<String> read) {
    List<RecordedStep> cheaper = step.operation() instanceof CustomOp operation ? lower(operation.opName(), step, read) : null;
    if (cheaper == null) {
      return List.of(step);
    }
    step.close();
    return cheaper;
  }

  private @Nullable List<RecordedStep> lower(String operation, RecordedStep step, Set<String> read) {
    return switch (operation) {
      case "matmul_bp" -> productGradient(step, read);
      case "add_bp" -> sumGradient(step, read);
      case "softmax" -> isByRow(step) ? softmax(step) : null;
      case "softmax_bp" -> isByRow(step) ? softmaxGradient(step) : null;
      default -> null;
    };
  }

  /** For {@code z = x' y'}, where ' is an optional transposition, with one frozen factor: the one product that is the other's gradient. */
  private static @Nullable List<RecordedStep> productGradient(RecordedStep step, Set<String> read) {
    List<Long> transposed = step.context().getIArguments();
    boolean first = read.contains(step.outputs().get(0));
    if (first == read.contains(step.outputs().get(1)) || transposed.stream().skip(2).anyMatch(flag -> flag != 0)) {
      return null;
    }
    boolean x = transposed.get(0) != 0;
    boolean y = transposed.get(1) != 0;
    INDArray gradient = step.input(2);
    if (first) { // dz y'^T, or its transpose y' dz^T
      return List.of(x ? step.product(step.input(1), y, gradient, true, step.output(0))
          : step.product(gradient, false, step.input(1), !y, step.output(0)));
    } // x'^T dz, or its transpose dz^T x'
    return List.of(y ? step.product(gradient, true, step.input(0), x, step.output(1))
        : step.product(step.input(0), !x, gradient, false, step.output(1)));
  }

  /** For {@code z = x + y} with {@code x} of the shape of {@code z}: a copy, and column sums if {@code y} is a row that wants a gradient. */
  private @Nullable List<RecordedStep> sumGradient(RecordedStep step, Set<String> read) {
    INDArray gradient = step.input(2);
    boolean second = read.contains(step.outputs().get(1));
    boolean row = step.input(1).rank() == 1 && gradient.rank() == 2;
    if (!Arrays.equals(step.input(0).shape(), gradient.shape()) || second && !row) {
      return null;
    }
    RecordedStep copy = step.plain("assign", step.output(0), step.output(0), gradient);
    if (!second) {
      return List.of(copy);
    }
    RecordedStep sums = step.product(ones(1, gradient.size(0)), false, gradient, false, step.output(1).reshape('c', 1, gradient.size(1)));
    return read.contains(step.outputs().get(0)) ? List.of(copy, sums) : List.of(sums);
  }

  private static boolean isByRow(RecordedStep step) {
    int last = step.input(0).rank() - 1;
    return step.input(0).ordering() == 'c' && step.context().getIArguments().stream().allMatch(dimension -> dimension == -1 || dimension == last);
  }

  /** {@code y = exp(x - max) / sum}, row by row. */
  private List<RecordedStep> softmax(RecordedStep step) {
    INDArray x = rows(step.input(0));
    INDArray y = rows(step.output(0));
    INDArray column = column(x.size(0));
    return List.of(step.rowMaximum(x, column), step.plain("subtract", y, x, column), step.exponential(y),
        step.product(y, false, ones(x.size(1), 1), false, column), step.plain("divide", y, y, column));
  }

  /** {@code dx = y (dy - sum(y dy))}, row by row, for the {@code y} that was kept. */
  private @Nullable List<RecordedStep> softmaxGradient(RecordedStep step) {
    INDArray kept = softmaxOf.get(step.inputs().get(0));
    if (kept == null) {
      return null;
    }
    INDArray y = rows(kept);
    INDArray gradient = rows(step.input(1));
    INDArray dx = rows(step.output(0));
    INDArray column = column(y.size(0));
    return List.of(step.plain("multiply", dx, y, gradient), step.product(dx, false, ones(y.size(1), 1), false, column),
        step.plain("subtract", dx, gradient, column), step.plain("multiply", dx, dx, y));
  }

  private static INDArray rows(INDArray array) {
    long width = array.size(array.rank() - 1);
    return array.reshape('c', array.length() / width, width);
  }

  private INDArray ones(long rows, long width) {
    return ones.computeIfAbsent(List.of(rows, width), shape -> Nd4j.ones(DataType.FLOAT, rows, width));
  }

  /** A temporary of one step; the next may overwrite it. */
  private INDArray column(long rows) {
    return columns.computeIfAbsent(rows, length -> Nd4j.createUninitialized(DataType.FLOAT, length, 1));
  }

  @Override
  public void close() {
    ones.values().forEach(INDArray::close);
    columns.values().forEach(INDArray::close);
  }
}
