package io.modelweave.cka.products;

import java.nio.FloatBuffer;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The rows of a FLOAT array in the memory of the host, one by one to the heap and back. Through a buffer: a call through a pointer costs as
 * much as the copy of a row. The array must outlive it. For one thread at a time.
 */
public final class FloatRows {

  /** Numbers behind one buffer, which cannot hold 2 GiB. */
  private static final int MOST = 1 << 28;

  private final FloatPointer memory;
  private final int rows;
  private final int columns;
  private final int stride;
  private FloatBuffer window = FloatBuffer.allocate(0);
  private int first;
  private int end;

  /** Opens an array {@code [n, d]} whose rows have no gaps in them. */
  public FloatRows(INDArray array) {
    this(array, 0, (int) array.size(0), (int) array.size(1), array.stride(0));
  }

  /** Opens part of an array as a matrix. */
  FloatRows(INDArray array, long offset, int rows, int columns, int stride) {
    this.memory = new FloatPointer(array.data().addressPointer()).getPointer(offset);
    this.rows = rows;
    this.columns = columns;
    this.stride = stride;
  }

  /** Copies a row to an array of that length. */
  public void read(int row, float[] to) {
    show(row);
    window.get((row - first) * stride, to);
  }

  /** Sets a row. */
  public void write(int row, float[] from) {
    show(row);
    window.put((row - first) * stride, from);
  }

  private void show(int row) {
    if (row < first || row >= end) {
      first = row;
      end = Math.min(rows, row + Math.max(1, MOST / stride));
      int length = (end - first - 1) * stride + columns;
      window = memory.getPointer((long) first * stride).capacity(length).limit(length).asBuffer();
    }
  }
}
