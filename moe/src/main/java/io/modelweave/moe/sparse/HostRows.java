package io.modelweave.moe.sparse;

import java.lang.ref.Reference;
import java.nio.FloatBuffer;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.concurrency.AffinityManager.Location;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Rows of a FLOAT matrix in the memory of the host, read and written by Java code: between matrix products, at the price of a copy. */
final class HostRows {

  private final INDArray matrix;
  private final FloatBuffer buffer;
  private final int columns;

  /** Opens a c-ordered matrix without gaps. */
  HostRows(INDArray matrix) {
    Nd4j.getAffinityManager().ensureLocation(matrix, Location.HOST);
    this.matrix = matrix;
    this.buffer = new FloatPointer(matrix.data().addressPointer()).capacity(matrix.length()).limit(matrix.length()).asBuffer();
    this.columns = Math.toIntExact(matrix.size(1));
  }

  /** Copies {@code count} rows, the first of them {@code row}, to the start of an array. */
  void read(int row, int count, float[] values) {
    buffer.get(row * columns, values, 0, count * columns);
    Reference.reachabilityFence(matrix);
  }

  /** Copies the start of an array to {@code count} rows, the first of them {@code row}. */
  void write(int row, int count, float[] values) {
    buffer.put(row * columns, values, 0, count * columns);
    Nd4j.getAffinityManager().tagLocation(matrix, Location.HOST);
  }

  /** Copies a whole matrix of any order to the start of an array, row by row. */
  static void read(INDArray matrix, float[] values) {
    boolean plain = matrix.ordering() == 'c' && matrix.stride(1) == 1 && matrix.stride(0) == matrix.size(1);
    INDArray rows = plain ? matrix : matrix.dup('c');
    new HostRows(rows).read(0, (int) rows.size(0), values);
    if (!plain) {
      rows.close();
    }
  }
}
