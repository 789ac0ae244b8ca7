package io.modelweave.core;

import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Frees arrays that their owner is done with.
 *
 * <p>Why not {@link INDArray#close}: ND4J takes every reshaped array for a view and refuses to close it, so that its memory waits for the
 * garbage collector, which does not see how much of it there is. Activations are reshaped all the time.
 */
public final class ArrayMemory {

  private ArrayMemory() {}

  /**
   * Frees the memory of an array, if the array is all of it: the array itself or a reshaped or permuted form. Views of a part, arrays in
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
