package io.modelweave.core.transformer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.InferenceSession;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.autodiff.samediff.internal.memory.NoOpMemoryMgr;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.CustomOp;
import org.nd4j.linalg.api.ops.Op;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One run of a SameDiff graph, recorded so that it can be repeated on the same arrays with other numbers in them.
 *
 * <p>Why: with shapes fixed and no control flow, every run executes the same operations in the same order, yet SameDiff works out order
 * and shapes again and allocates every result afresh, which takes longer than the arithmetic of a small model. A repetition is the bare
 * list of operations. Memory: all intermediate results stay allocated until {@link #close}. Not safe for use by several threads.
 */
final class RecordedGraph implements AutoCloseable {

  private final Map<String, INDArray> placeholders;
  private final List<Step> steps = new ArrayList<>();
  private final Map<String, INDArray> values = new HashMap<>();

  /** An operation bound to its arrays. */
  private record Step(Object operation, OpContext context) {

    void run() {
      if (operation instanceof CustomOp custom) {
        Nd4j.exec(custom, context);
      } else {
        Nd4j.exec((Op) operation, context);
      }
    }

    void close() {
      try {
        context.close();
      } catch (Exception e) { // AutoCloseable's; ND4J frees native memory here and throws nothing
        throw new IllegalStateException("cannot free the context of " + operation, e);
      }
    }
  }

  /**
   * Runs a graph once and records it.
   *
   * @param placeholders kept: a repetition reads what is in these arrays then
   * @param outputs names of the variables to compute
   */
  RecordedGraph(SameDiff sd, Map<String, INDArray> placeholders, List<String> outputs) {
    this.placeholders = placeholders;
    InferenceSession session = new InferenceSession(sd);
    session.setMmgr(new NoOpMemoryMgr()); // no array may serve two operations
    long thread = Thread.currentThread().getId();
    sd.getSessions().put(thread, session);
    Recorder recorder = new Recorder();
    sd.setListeners(recorder);
    try {
      sd.output(placeholders, outputs).forEach(values::putIfAbsent);
    } finally {
      sd.setListeners(List.of());
      sd.getSessions().remove(thread);
    }
  }

  /** Repeats the run on what the placeholders and the graph's variables hold now. */
  void repeat() {
    steps.forEach(Step::run);
  }

  /** Returns the array to write a placeholder's next value into. */
  INDArray placeholder(String name) {
    return placeholders.get(name);
  }

  /** Returns the array that holds a variable's value after each run; the next run overwrites it. */
  INDArray value(String variable) {
    return values.get(variable);
  }

  @Override
  public void close() {
    steps.forEach(Step::close);
    Set<INDArray> arrays = Collections.newSetFromMap(new IdentityHashMap<>());
    arrays.addAll(values.values());
    arrays.addAll(placeholders.values());
    for (INDArray array : arrays) {
      if (!array.wasClosed() && array.closeable()) {
        array.close();
      }
    }
  }

  private final class Recorder extends BaseListener {

    @Override
    public boolean isActive(Operation operation) {
      return true;
    }

    @Override
    public void opExecution(SameDiff sd, At at, MultiDataSet batch, SameDiffOp op, OpContext context, INDArray[] outputs) {
      List<String> names = op.getOutputsOfOp();
      for (int i = 0; i < outputs.length; i++) {
        values.put(names.get(i), outputs[i]);
      }
      Object operation = op.getOp();
      if (context == null || outputs.length > 0 && context.getOutputArrays().isEmpty()) {
        return; // a constant such as the gradient of the loss with respect to itself: its array keeps its value
      }
      OpContext own = Nd4j.getExecutioner().buildContext();
      own.setInputArrays(context.getInputArrays());
      own.setOutputArrays(context.getOutputArrays());
      own.setIArguments(context.getIArguments().stream().mapToLong(Long::longValue).toArray());
      own.setTArguments(context.getTArguments().stream().mapToDouble(Double::doubleValue).toArray());
      own.setBArguments(toArray(context.getBArguments()));
      own.setDArguments(context.getDArguments().toArray(new DataType[0]));
      steps.add(new Step(operation, own));
    }

    private static boolean[] toArray(List<Boolean> values) {
      boolean[] array = new boolean[values.size()];
      for (int i = 0; i < array.length; i++) {
        array[i] = values.get(i);
      }
      return array;
    }
  }
}
