package io.modelweave.core.transformer;

import com.google.common.collect.Lists;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.InferenceSession;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One run of a SameDiff graph, recorded so that it can be repeated on the same arrays with other numbers in them.
 *
 * <p>Why: with shapes fixed and no control flow, every run executes the same operations in the same order, yet SameDiff works out order
 * and shapes again and allocates every result afresh, which takes longer than the arithmetic of a small model. A repetition is the bare
 * list of operations, without those whose results nobody reads. Not safe for use by several threads.
 */
final class RecordedGraph implements AutoCloseable {

  private final Map<String, INDArray> placeholders = new HashMap<>();
  private final BufferPool memory = new BufferPool();
  private final Lowering lowering = new Lowering();
  private final Map<String, INDArray> values = new HashMap<>();
  private final List<RecordedStep> steps;

  /**
   * Runs a graph once and records it. No other thread may run the graph meanwhile.
   *
   * @param hostFunctions what Java code computes
   * @param inputs the values of all placeholders that the outputs depend on
   * @param outputs names of the variables to compute
   */
  RecordedGraph(SameDiff sd, HostFunctions hostFunctions, Map<String, int[]> inputs, List<String> outputs) {
    inputs.forEach((name, value) -> placeholders.put(name, Nd4j.createFromArray(value)));
    Recorder recorder = new Recorder(new HashSet<>(outputs), hostFunctions);
    InferenceSession session = new InferenceSession(sd);
    session.setMmgr(memory);
    long thread = Thread.currentThread().getId();
    sd.getSessions().put(thread, session);
    sd.setListeners(recorder);
    try {
      sd.output(placeholders, outputs).forEach(values::putIfAbsent);
    } finally {
      sd.setListeners(List.of());
      sd.getSessions().remove(thread);
    }
    this.steps = reduced(recorder.recorded, outputs);
  }

  /** Drops steps whose results nobody reads and makes the others cheaper, walking back from the outputs. */
  private List<RecordedStep> reduced(List<RecordedStep> recorded, List<String> outputs) {
    Set<String> read = new HashSet<>(outputs);
    List<RecordedStep> reversed = new ArrayList<>();
    for (RecordedStep step : Lists.reverse(recorded)) {
      if (step.outputs().stream().noneMatch(read::contains)) {
        step.close();
        continue;
      }
      reversed.addAll(Lists.reverse(lowering.lower(step, read)));
      read.addAll(step.inputs());
    }
    return List.copyOf(Lists.reverse(reversed));
  }

  /** Repeats the run on what the placeholders and the graph's variables hold now. */
  void repeat() {
    steps.forEach(RecordedStep::run);
  }

  /** Sets what a placeholder holds in the next run. */
  void write(String placeholder, int[] value) {
    try (INDArray array = Nd4j.createFromArray(value)) {
      placeholders.get(placeholder).assign(array);
    }
  }

  /** Returns the array that holds an output's value after each run; the next run overwrites it. */
  INDArray value(String output) {
    return values.get(output);
  }

  /** Returns how many buffers the results of all operations share. */
  int buffers() {
    return memory.size();
  }

  @Override
  public void close() {
    steps.forEach(RecordedStep::close);
    memory.close();
    lowering.close();
    placeholders.values().forEach(INDArray::close);
  }

  private final class Recorder extends BaseListener {

    private final Set<String> outputs;
    private final HostFunctions hostFunctions;
    private final List<RecordedStep> recorded = new ArrayList<>();

    Recorder(Set<String> outputs, HostFunctions hostFunctions) {
      this.outputs = outputs;
      this.hostFunctions = hostFunctions;
    }

    @Override
    public boolean isActive(Operation operation) {
      return true;
    }

    @Override
    public void opExecution(SameDiff sd, At at, MultiDataSet batch, SameDiffOp op, OpContext context, INDArray[] results) {
      List<String> names = op.getOutputsOfOp();
      // A result without a context is a constant, such as the gradient of the loss with respect to itself: no repetition writes it again.
      boolean constant = context == null || results.length > 0 && context.getOutputArrays().isEmpty();
      for (int i = 0; i < results.length; i++) {
        if (outputs.contains(names.get(i))) {
          values.put(names.get(i), results[i]);
          memory.pin(results[i]);
        } else if (constant) {
          memory.pin(results[i]);
        }
      }
      HostOperation host = hostFunctions.of(op, context, placeholders);
      if (host != null) {
        host.run(context); // what stood for it has just been computed
      }
      if (!constant) {
        recorded.add(RecordedStep.copyOf(host == null ? op.getOp() : host, context, op.getInputsToOp(), names));
      }
    }
  }
}
