package io.modelweave.core.transformer;

import io.modelweave.core.rows.RowFunction;
import io.modelweave.core.rows.Softmax;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.OpContext;

/**
 * What Java code computes in a graph, in the place of operations that stand for it there.
 *
 * <p>ND4J 1.0.0-M2.1 knows no operations written in Java, and building a gradient graph clones every operation by its native name. An
 * operation whose result and whose gradients have the shapes that are needed keeps the names of its variables; a function is found by the
 * variable that this operation reads first, which nothing else reads. Operations that ND4J has but takes long for are found by name.
 */
final class HostFunctions {

  private static final HostFunction SOFTMAX = HostFunction.of(new RowFunction() {
    @Override
    public void forward(INDArray x, INDArray p) {
      Softmax.forward(x, p);
    }

    @Override
    public void backward(INDArray x, INDArray dp, INDArray dx) {
      Softmax.backward(x, dp, dx);
    }
  });

  private final Map<String, HostFunction> byInput = new HashMap<>();
  private final boolean preferred;

  /**
   * Returns none so far.
   *
   * @param preferred whether Java code also computes what ND4J can: not where arrays are on a GPU
   */
  HostFunctions(boolean preferred) {
    this.preferred = preferred;
  }

  boolean arePreferred() {
    return preferred;
  }

  void put(String variable, HostFunction function) {
    byInput.put(variable, function);
  }

  /**
   * Returns what computes an operation, or null if ND4J does.
   *
   * @param context the operation's
   * @param placeholders of the run
   */
  @Nullable HostOperation of(SameDiffOp operation, @Nullable OpContext context, Map<String, INDArray> placeholders) {
    String name = operation.getOp().opName();
    boolean backward = name.endsWith("_bp");
    HostFunction function = byInput.get(operation.getInputsToOp().get(0));
    if (function != null) {
      return new HostOperation(function.reading(placeholders), backward);
    }
    if (preferred && context != null && (name.equals("softmax") || name.equals("softmax_bp")) && isByRow(context)) {
      return new HostOperation(SOFTMAX, backward);
    }
    return null;
  }

  private static boolean isByRow(OpContext context) {
    INDArray x = context.getInputArrays().get(0);
    int last = x.rank() - 1;
    return x.length() <= Integer.MAX_VALUE
        && context.getIArguments().stream().allMatch(dimension -> dimension == -1 || dimension == last);
  }

  void close() {
    byInput.values().forEach(HostFunction::close);
  }
}
