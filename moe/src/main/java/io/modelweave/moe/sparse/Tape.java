package io.modelweave.moe.sparse;

import io.modelweave.moe.sparse.Workspace.Slot;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** What a forward pass leaves for the backward pass after it; the memory is used again by the next. */
final class Tape {

  private final boolean inputGradient;
  private final Workspace memory = new Workspace();
  private @Nullable Assignment assignment;
  private int width;
  private int mostKept;

  Tape(boolean inputGradient) {
    this.inputGradient = inputGradient;
  }

  boolean inputGradient() {
    return inputGradient;
  }

  void start(Assignment newAssignment, int newWidth, int newMostKept) {
    assignment = newAssignment;
    width = newWidth;
    mostKept = newMostKept;
  }

  Assignment assignment() {
    if (assignment == null) {
      throw new IllegalStateException("a backward pass before any forward pass");
    }
    return assignment;
  }

  /** Returns what a kernel keeps of some places, {@code [to - from, columns]}; null if no gradient of the input is asked for. */
  @Nullable INDArray kept(int from, int to, int columns) {
    if (!inputGradient) {
      return null;
    }
    INDArray buffer = memory.buffer(Slot.KEPT, (long) assignment().tokens().length * mostKept);
    long start = (long) from * mostKept;
    return buffer.get(NDArrayIndex.interval(start, start + (long) (to - from) * columns)).reshape('c', to - from, columns);
  }

  /** Keeps the experts' outputs of some places. */
  void keepOutputs(int from, int to, float[] values) {
    System.arraycopy(values, 0, outputs(), from * width, (to - from) * width);
  }

  /** Returns the experts' outputs {@code [k N, d]}, row by row. */
  float[] outputs() {
    return memory.array(Slot.OUTPUTS, assignment().tokens().length * width);
  }

  void close() {
    memory.close();
    assignment = null;
  }
}
