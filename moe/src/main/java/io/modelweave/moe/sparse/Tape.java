package io.modelweave.moe.sparse;

import io.modelweave.moe.sparse.Workspace.Slot;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

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

  /**
   * Forgets the pass before.
   *
   * @param newWidth {@code d}
   * @param newMostKept most numbers that any expert keeps of a token
   */
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

  /** Returns the matrices {@code [to - from, f]} that a kernel keeps of some places; none if no gradient of the input is asked for. */
  List<INDArray> kept(int from, int to, ExpertKernel kernel) {
    if (!inputGradient) {
      return List.of();
    }
    long length = (long) assignment().tokens().length * mostKept;
    long start = (long) from * mostKept;
    long size = (long) (to - from) * kernel.units();
    return LongStream.range(0, kernel.kept())
        .mapToObj(i -> memory.matrix(Slot.KEPT, length, start + i * size, to - from, kernel.units())).toList();
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
