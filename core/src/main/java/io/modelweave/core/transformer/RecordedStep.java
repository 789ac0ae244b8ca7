package io.modelweave.core.transformer;

import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.CustomOp;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.Op;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.factory.Nd4j;

/**
 * An operation bound to its arrays.
 *
 * @param operation a {@link CustomOp} or an {@link Op}
 * @param context arrays and arguments
 * @param inputs names of the variables it reads
 * @param outputs names of the variables it computes, in the order of the context's output arrays
 */
record RecordedStep(Object operation, OpContext context, List<String> inputs, List<String> outputs) {

  /** Returns a step with arrays and arguments copied from a context that will be reused by its owner. */
  static RecordedStep copyOf(Object operation, OpContext context, List<String> inputs, List<String> outputs) {
    OpContext own = Nd4j.getExecutioner().buildContext();
    own.setInputArrays(context.getInputArrays());
    own.setOutputArrays(context.getOutputArrays());
    own.setIArguments(context.getIArguments().stream().mapToLong(Long::longValue).toArray());
    own.setTArguments(context.getTArguments().stream().mapToDouble(Double::doubleValue).toArray());
    own.setBArguments(toArray(context.getBArguments()));
    own.setDArguments(context.getDArguments().toArray(new DataType[0]));
    return new RecordedStep(operation, own, List.copyOf(inputs), List.copyOf(outputs));
  }

  private static boolean[] toArray(List<Boolean> values) {
    boolean[] array = new boolean[values.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = values.get(i);
    }
    return array;
  }

  /** Executes the operation. */
  void run() {
    if (operation instanceof CustomOp custom) {
      Nd4j.exec(custom, context);
    } else {
      Nd4j.exec((Op) operation, context);
    }
  }

  /** Returns whether this is the gradient of a product of matrices {@code z = op(x) op(y)}. */
  boolean isProductGradient() {
    return operation instanceof CustomOp custom && custom.opName().equals("matmul_bp") && context.getInputArrays().size() == 3
        && context.getIArguments().stream().skip(2).allMatch(transposedResult -> transposedResult == 0);
  }

  /**
   * Returns the half of a product's gradient that is wanted, as one product; where one factor is frozen, ND4J's operation
   * computes its gradient all the same, which is half of the work.
   *
   * @param output 0 for the gradient of {@code x}, 1 for that of {@code y}
   */
  RecordedStep halfOfProductGradient(int output) {
    List<INDArray> in = context.getInputArrays();
    INDArray x = in.get(0);
    INDArray y = in.get(1);
    INDArray gradient = in.get(2);
    boolean transposedX = context.getIArguments().get(0) != 0;
    boolean transposedY = context.getIArguments().get(1) != 0;
    OpContext product = Nd4j.getExecutioner().buildContext();
    if (output == 0) {
      // z = x' y' with ' for an optional transposition: dx = dz y'^T, or its transpose y' dz^T if x was transposed
      product.setInputArrays(transposedX ? new INDArray[] {y, gradient} : new INDArray[] {gradient, y});
      product.setIArguments(transposedX ? flag(transposedY) : 0, transposedX ? 1 : flag(!transposedY), 0);
    } else {
      product.setInputArrays(transposedY ? new INDArray[] {gradient, x} : new INDArray[] {x, gradient});
      product.setIArguments(transposedY ? 1 : flag(!transposedX), transposedY ? flag(transposedX) : 0, 0);
    }
    product.setOutputArrays(context.getOutputArrays().get(output));
    product.setTArguments(1, 0);
    return new RecordedStep(DynamicCustomOp.builder("matmul").build(), product, inputs, List.of(outputs.get(output)));
  }

  private static int flag(boolean value) {
    return value ? 1 : 0;
  }

  /** Frees the context; the arrays are their owner's. */
  void close() {
    try {
      context.close();
    } catch (Exception e) { // AutoCloseable's; ND4J frees native memory here and throws nothing
      throw new IllegalStateException("cannot free the context of " + operation, e);
    }
  }
}
