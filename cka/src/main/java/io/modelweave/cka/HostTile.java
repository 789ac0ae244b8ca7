package io.modelweave.cka;

import io.modelweave.cka.kernels.DistanceKernel;
import io.modelweave.cka.products.Distances;
import io.modelweave.cka.products.HostFloats;
import io.modelweave.cka.products.RowDifferences;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.function.Supplier;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A tile on the heap, row by row, where short loops over whole rows become vector operations, as loops over parts of one long array do not.
 *
 * <p>Tiles are used again and again, because fresh memory costs more than all that is done with a tile: at most {@value #MOST_BYTES}
 * bytes of them wait.
 */
abstract sealed class HostTile permits FloatTile, DoubleTile {

  /** Edge of the squares in which a tile is transposed, so that writing down columns stays in the cache. */
  static final int SQUARE = 32;

  private static final long MOST_BYTES = 32L << 20;
  private static final Deque<HostTile> FREE = new ArrayDeque<>();
  private static long freeBytes;

  private final int rows;
  private final int columns;

  HostTile(int rows, int columns) {
    this.rows = rows;
    this.columns = columns;
  }

  /** Returns a tile with anything in it, to be given back. */
  static HostTile take(DataType type, int rows, int columns) {
    synchronized (FREE) {
      for (Iterator<HostTile> tiles = FREE.iterator(); tiles.hasNext();) {
        HostTile tile = tiles.next();
        if (tile.type() == type && tile.rows == rows && tile.columns == columns) {
          tiles.remove();
          freeBytes -= tile.bytes();
          return tile;
        }
      }
    }
    return type == DataType.FLOAT ? new FloatTile(rows, columns) : new DoubleTile(rows, columns);
  }

  /** Returns a tile with the elements of an array {@code [rows, columns]} in 'c' order of any backend, to be given back. */
  static HostTile of(INDArray array) {
    int rows = (int) array.size(0);
    int columns = (int) array.size(1);
    if (HostFloats.AVAILABLE) {
      HostTile tile = take(array.dataType(), rows, columns);
      tile.read(array);
      return tile;
    }
    HostTile tile = take(DataType.DOUBLE, rows, columns);
    double[] values = HostFloats.doubles(array);
    for (int i = 0; i < rows; i++) {
      tile.set(i, Arrays.copyOfRange(values, i * columns, (i + 1) * columns));
    }
    return tile;
  }

  /** Copies what is above the diagonal of a square array below it, where {@code RowProducts} may leave that out. */
  static void mirror(INDArray square) {
    if (HostFloats.AVAILABLE) {
      HostTile tile = of(square);
      tile.mirror();
      tile.write(square);
      tile.give();
    }
  }

  /** Takes the tile back, which nobody uses any more. */
  final void give() {
    synchronized (FREE) {
      FREE.push(this);
      freeBytes += bytes();
      while (freeBytes > MOST_BYTES) {
        freeBytes -= FREE.removeLast().bytes();
      }
    }
  }

  private long bytes() {
    return (long) rows * columns * type().width();
  }

  final int rows() {
    return rows;
  }

  final int columns() {
    return columns;
  }

  abstract DataType type();

  /** Takes the elements of an array in 'c' order in the memory of the host. */
  abstract void read(INDArray from);

  /** Writes all elements to an array in 'c' order in the memory of the host. */
  abstract void write(INDArray to);

  /** Copies a row to an array of that length. */
  abstract void copy(int row, double[] to);

  /** Sets a row. */
  abstract void set(int row, double[] values);

  /** Subtracts {@code left_i + right_j}. */
  abstract void subtract(double[] left, double[] right);

  /** Copies what is above the diagonal of a square tile below it. */
  abstract void mirror();

  /** Sets the diagonal of a square tile to 0. */
  abstract void clearDiagonal();

  /** Writes the transpose to a tile of the same type. */
  abstract void transposeTo(HostTile to);

  /** Returns {@code Σ_i v_ij²} of each column. */
  abstract double[] squares();

  /**
   * Replaces products {@code x_i·y_j} by a kernel of {@code ‖x_i - y_j‖²}.
   *
   * @param ofRows {@code ‖x_i‖²}
   * @param ofColumns {@code ‖y_j‖²}
   * @param symmetric whether rows and columns are the same samples: then only what is above the diagonal and on it is replaced
   * @param differences asked for the distances of samples so close that products leave mostly rounding of them
   */
  final void apply(DistanceKernel kernel, double[] ofRows, double[] ofColumns, boolean symmetric, Supplier<RowDifferences> differences) {
    double[] row = new double[columns];
    for (int i = 0; i < rows; i++) {
      int from = symmetric ? i : 0;
      copySquaredDistances(i, symmetric ? i + 1 : 0, ofRows[i], ofColumns, differences, row);
      if (symmetric) {
        row[i] = 0;
      }
      kernel.ofSquaredDistances(row, from);
      set(i, row);
    }
  }

  /**
   * Copies {@code ‖x_i - y_j‖²} of one row of products.
   *
   * @param from the first column whose distance is good to the last digits
   */
  final void copySquaredDistances(int i, int from, double ofRow, double[] ofColumns, Supplier<RowDifferences> differences, double[] to) {
    copy(i, to);
    for (int j = 0; j < columns; j++) {
      to[j] = Math.max(0, ofRow + ofColumns[j] - 2 * to[j]);
    }
    double cancelled = Distances.cancelled(type());
    for (int j = from; j < columns; j++) {
      if (to[j] < cancelled * (ofRow + ofColumns[j])) {
        to[j] = differences.get().squared(i, j);
      }
    }
  }

  static FloatPointer floats(INDArray array) {
    return new FloatPointer(array.data().addressPointer());
  }

  static DoublePointer doubles(INDArray array) {
    return new DoublePointer(array.data().addressPointer());
  }
}
