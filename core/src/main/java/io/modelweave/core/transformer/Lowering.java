package io.modelweave.core.transformer;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.CustomOp;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Replaces recorded operations by cheaper ones that give the same numbers up to rounding.
 *
 * <p>ND4J's gradient operations compute the gradient of every input, wanted or not.
 */
final class Lowering implements AutoCloseable {

  private final Map<List<Long>, INDArray> ones = new HashMap<>();

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

  private INDArray ones(long rows, long width) {
    return ones.computeIfAbsent(List.of(rows, width), shape -> Nd4j.ones(DataType.FLOAT, rows, width));
  }

  @Override
  public void close() {
    ones.values().forEach(INDArray::close);
  }
}
