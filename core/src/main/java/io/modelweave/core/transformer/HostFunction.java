package io.modelweave.core.transformer;

import io.modelweave.core.rows.RowFunction;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Java code in the place of an operation of a graph and of that operation's gradient. */
interface HostFunction {

  /**
   * Computes what the operation stands for.
   *
   * @param inputs of the operation; not modified
   * @param output written, c-ordered
   */
  void forward(List<INDArray> inputs, INDArray output);

  /**
   * Computes the gradients.
   *
   * @param inputs of the operation, and last the gradient of its output; not modified
   * @param gradients of the inputs, written as far as they are meaningful
   */
  void backward(List<INDArray> inputs, List<INDArray> gradients);

  /** Returns the function for a run with placeholders of its own: for what depends on ids that are no input of the operation. */
  default HostFunction reading(Map<String, INDArray> placeholders) {
    return this;
  }

  /** Frees what the function keeps from run to run. */
  default void close() {}

  /** Returns a function of the first input alone. */
  static HostFunction of(RowFunction function) {
    return new HostFunction() {
      @Override
      public void forward(List<INDArray> inputs, INDArray output) {
        function.forward(inputs.get(0), output);
      }

      @Override
      public void backward(List<INDArray> inputs, List<INDArray> gradients) {
        function.backward(inputs.get(0), inputs.get(inputs.size() - 1), gradients.get(0));
      }

      @Override
      public void close() {
        function.close();
      }
    };
  }
}
