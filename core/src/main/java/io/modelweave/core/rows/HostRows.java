package io.modelweave.core.rows;

import java.lang.ref.Reference;
import java.nio.FloatBuffer;
import org.bytedeco.javacpp.FloatPointer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.concurrency.AffinityManager.Location;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The rows of a FLOAT array in the memory of the host, read and written by Java code: between matrix products, at the price of a copy.
 * An array of any rank is a matrix whose columns are its last dimension.
 */
public final class HostRows implements AutoCloseable {

  private static final int BLOCK = 4096; // numbers that fit the first-level cache several times
  /** Numbers that a buffer shows, whose bytes are an int. */
  private static final int BUFFERED = Integer.MAX_VALUE / Float.BYTES;

  private final INDArray original;
  private final INDArray plain;
  private final FloatPointer memory;
  /** Spares a call out of Java each time. */
  private final @Nullable FloatBuffer buffer;
  private final int columns;
  private boolean written;

  /**
   * Opens an array. One that is not c-ordered, or has gaps, is copied here and, if it was written to, back in {@link #close}; a plain
   * one need not be closed.
   *
   * @throws IllegalArgumentException if it has more than 2^31 - 1 elements
   */
  public HostRows(INDArray array) {
    this(array, BUFFERED);
  }

  HostRows(INDArray array, int buffered) {
    if (array.length() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("%d numbers in one array, at most %d can be worked on by row; use smaller batches"
          .formatted(array.length(), Integer.MAX_VALUE));
    }
    this.original = array;
    this.plain = isPlain(array) ? array : array.dup('c');
    this.columns = (int) array.size(array.rank() - 1);
    Nd4j.getAffinityManager().ensureLocation(plain, Location.HOST);
    this.memory = new FloatPointer(plain.data().addressPointer());
    this.buffer = plain.length() <= buffered ? memory.capacity(plain.length()).limit(plain.length()).asBuffer() : null;
  }

  private static boolean isPlain(INDArray array) {
    long expected = 1;
    for (int d = array.rank() - 1; d >= 0; d--) {
      if (array.size(d) != 1 && array.stride(d) != expected) {
        return false;
      }
      expected *= array.size(d);
    }
    return true;
  }

  /** Returns the number of rows. */
  public int rows() {
    return (int) (original.length() / columns);
  }

  /** Returns the number of columns. */
  public int columns() {
    return columns;
  }

  /** Returns how many rows, at least 1, to work on at once so that they stay in the cache. */
  public int blockRows() {
    return Math.max(1, Math.min(rows(), BLOCK / columns));
  }

  /** Copies {@code count} rows, the first of them {@code row}, to the start of an array. */
  public void read(int row, int count, float[] values) {
    if (buffer == null) {
      memory.getPointer((long) row * columns).get(values, 0, count * columns);
    } else {
      buffer.get(row * columns, values, 0, count * columns);
    }
    Reference.reachabilityFence(plain);
  }

  /** Copies the start of an array to {@code count} rows, the first of them {@code row}. */
  public void write(int row, int count, float[] values) {
    if (buffer == null) {
      memory.getPointer((long) row * columns).put(values, 0, count * columns);
    } else {
      buffer.put(row * columns, values, 0, count * columns);
    }
    Nd4j.getAffinityManager().tagLocation(plain, Location.HOST);
    written = true;
  }

  /** Copies a whole array of any order to the start of another, row by row. */
  public static void read(INDArray array, float[] values) {
    try (HostRows rows = new HostRows(array)) {
      rows.read(0, rows.rows(), values);
    }
  }

  /** Copies back what was written, if the array was copied; the array stays open. */
  @Override
  public void close() {
    if (plain == original) {
      return;
    }
    if (written) {
      original.assign(plain);
    }
    plain.close();
  }
}
