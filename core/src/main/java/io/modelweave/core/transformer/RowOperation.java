package io.modelweave.core.transformer;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.linalg.api.ops.OpContext;

/**
 * One direction of a {@link RowFunction} in a graph, in the place of the matrix product that stands for it there.
 *
 * <p>ND4J 1.0.0-M2.1 knows no operations written in Java, and building a gradient graph clones every operation by its native name. A
 * product {@code [N, m] [m, n]} has the shapes and the gradient's shapes that are needed, and keeps the names of its variables.
 */
record RowOperation(RowFunction function, boolean backward) {

  /** Returns what an operation stands for, or null if for itself. */
  static @Nullable RowOperation of(SameDiffOp operation, Map<String, RowFunction> byInput) {
    RowFunction function = byInput.get(operation.getInputsToOp().get(0));
    if (function == null) {
      return null;
    }
    return switch (operation.getOp().opName()) {
      case "matmul" -> new RowOperation(function, false);
      case "matmul_bp" -> new RowOperation(function, true);
      default -> null;
    };
  }

  /** Computes the output arrays of a context bound to the product or to its gradient. */
  void run(OpContext context) {
    if (backward) { // inputs: x, the stand-in matrix, dz
      function.backward(context.getInputArrays().get(0), context.getInputArrays().get(2), context.getOutputArrays().get(0));
    } else {
      function.forward(context.getInputArrays().get(0), context.getOutputArrays().get(0));
    }
  }
}
