package io.modelweave.moe.sparse;

import java.util.EnumMap;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Memory that one thread reuses from call to call, because allocating a result costs more than computing it element by element. Each
 * slot grows to the largest matrix that was asked of it.
 */
final class Workspace {

  /** What memory is for; two that live at once need two slots. */
  enum Slot { INPUT, SUM, ROWS, GATHERED, RESULT, TURN, HIDDEN, SECOND_HIDDEN, KEPT, OUTPUTS }

  private final Map<Slot, INDArray> buffers = new EnumMap<>(Slot.class);
  private final Map<Slot, float[]> arrays = new EnumMap<>(Slot.class);

  /** Returns a c-ordered FLOAT matrix with anything in it, valid until the slot is asked for again. */
  INDArray matrix(Slot slot, long rows, long columns) {
    return matrix(slot, rows * columns, 0, rows, columns);
  }

  /**
   * Returns a part of a slot, with what was written there since the slot last grew.
   *
   * @param length of the whole slot
   * @param start of the part
   */
  INDArray matrix(Slot slot, long length, long start, long rows, long columns) {
    INDArray buffer = buffers.get(slot);
    if (buffer == null || buffer.length() < length) {
      if (buffer != null) {
        buffer.close();
      }
      buffer = Nd4j.createUninitialized(DataType.FLOAT, length);
      buffers.put(slot, buffer);
    }
    return Nd4j.create(buffer.data(), new long[] {rows, columns}, new long[] {columns, 1}, start, 'c');
  }

  /** Returns an array of at least that length, with what was written there since it last grew. */
  float[] array(Slot slot, int length) {
    float[] array = arrays.get(slot);
    if (array == null || array.length < length) {
      array = new float[length];
      arrays.put(slot, array);
    }
    return array;
  }

  void close() {
    buffers.values().forEach(INDArray::close);
    buffers.clear();
    arrays.clear();
  }
}
