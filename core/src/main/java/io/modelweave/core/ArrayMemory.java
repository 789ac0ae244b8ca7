package io.modelweave.core;

import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Gives back arrays that their owner is done with.
 *
 * <p>Why not {@link INDArray#close} alone: ND4J takes every reshaped array for a view and refuses to close it, and on the CPU M2.1 returns
 * the memory even of closed arrays only when the garbage collector runs, which sees nothing of their size. Whoever makes many large
 * arrays must therefore ask for a collection now and then: see {@link ActivationRecorder}.
 */
public final class ArrayMemory {

  private ArrayMemory() {}

  /**
   * Closes the memory of an array, if the array is all of it: the array itself or a reshaped or permuted form. Views of a part, arrays in
   * a workspace, constants and arrays that are freed already are left alone.
   *
   * @param array owned by the caller, as is whatever shares its memory
   */
  public static void free(INDArray array) {
    if (array.isEmpty() || array.wasClosed()) {
      return;
    }
    DataBuffer whole = whole(array);
    if (array.offset() == 0 && array.length() == whole.length() && whole.closeable()) {
      whole.close();
    }
  }

  /** Returns whether two arrays lie in the same allocation. */
  public static boolean shared(INDArray a, INDArray b) {
    return !a.isEmpty() && !b.isEmpty() && whole(a) == whole(b);
  }

  private static DataBuffer whole(INDArray array) {
    DataBuffer buffer = array.data();
    while (buffer.originalDataBuffer() != null && buffer.originalDataBuffer() != buffer) {
      buffer = buffer.originalDataBuffer();
    }
    return buffer;
  }
}
