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
 * @param operation a {@link CustomOp}, an {@link Op} or a {@link HostOperation}
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
    if (operation instanceof HostOperation host) {
      host.run(context);
    } else if (operation instanceof CustomOp custom) {
      Nd4j.exec(custom, context);
    } else {
      Nd4j.exec((Op) operation, context);
    }
  }

  /** Returns an input array. */
  INDArray input(int index) {
    return context.getInputArrays().get(index);
  }

  /** Returns an output array. */
  INDArray output(int index) {
    return context.getOutputArrays().get(index);
  }

  /** Returns another step for the same variables: the product {@code z = x' y'}, where ' is an optional transposition. */
  RecordedStep product(INDArray x, boolean transposedX, INDArray y, boolean transposedY, INDArray z) {
    OpContext product = bind(z, x, y);
    product.setIArguments(transposedX ? 1 : 0, transposedY ? 1 : 0, 0);
    product.setTArguments(1, 0);
    return with(DynamicCustomOp.builder("matmul").build(), product);
  }

  /** Returns another step for the same variables: an ND4J operation without arguments. */
  RecordedStep plain(String operationName, INDArray result, INDArray... arguments) {
    return with(DynamicCustomOp.builder(operationName).build(), bind(result, arguments));
  }

  private RecordedStep with(Object other, OpContext bound) {
    return new RecordedStep(other, bound, inputs, outputs);
  }

  private static OpContext bind(INDArray result, INDArray... arguments) {
    OpContext bound = Nd4j.getExecutioner().buildContext();
    bound.setInputArrays(arguments);
    bound.setOutputArrays(result);
    return bound;
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
