package io.modelweave.core.transformer;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.OpContext;

/** One direction of a {@link HostFunction} in a recorded run. */
record HostOperation(HostFunction function, boolean backward) {

  /** Computes the output arrays of a context bound to the operation that the function stands for, or to its gradient. */
  void run(OpContext context) {
    List<INDArray> outputs = context.getOutputArrays();
    if (backward) {
      function.backward(context.getInputArrays(), outputs);
    } else {
      function.forward(context.getInputArrays(), outputs.get(0));
    }
  }
}
