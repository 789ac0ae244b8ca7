package io.modelweave.cka.products;

import java.util.Arrays;
import java.util.function.Supplier;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A tile on the heap, row by row, where short loops over whole rows become vector operations, as loops over parts of one long array do not.
 *
 * <p>Tiles are used again and again, because fresh memory costs more than all that is done with a tile.
 */
public sealed interface HostTile permits FloatTile, DoubleTile {

  /** Edge of the squares in which a tile is transposed, so that writing down columns stays in the cache. */
  int SQUARE = 32;

  /** Returns a tile with anything in it, to be given back. */
  static HostTile take(DataType type, int rows, int columns) {
    return TilePool.take(type, rows, columns);
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

  /**
   * Copies what is above the diagonal of a square array in 'c' order below it, where {@link RowProducts} may leave that out: in the
   * memory of the host.
   */
  static void mirror(INDArray square) {
    if (HostFloats.AVAILABLE) {
      HostTile tile = of(square);
      tile.mirror();
      tile.write(square);
      tile.give();
    }
  }

  /** Takes the tile back, which nobody uses any more. */
  default void give() {
    TilePool.give(this);
  }

  /** Returns the number of rows. */
  int rows();

  /** Returns the number of columns. */
  int columns();

  /** Returns the type of the elements: FLOAT or DOUBLE. */
  DataType type();

  /** Takes the elements of an array of the same type in 'c' order in the memory of the host. */
  void read(INDArray from);

  /** Writes all elements to an array of the same type in 'c' order in the memory of the host. */
  default void write(INDArray to) {
    write(to, 0);
  }

  /**
   * Writes all elements to one matrix of a stack. Not to a view of it, which costs as much as some of what is done with a tile.
   *
   * @param to {@code [layers, rows, columns]} of the same type in 'c' order in the memory of the host
   */
  void write(INDArray to, int layer);

  /** Copies a row to an array of that length. */
  void copy(int row, double[] to);

  /** Sets a row. */
  void set(int row, double[] values);

  /**
   * Subtracts {@code left_i + right_j}.
   *
   * @param hollow whether to set the diagonal to 0
   * @return {@code Σ_i v_ij²} of each column of what is left
   */
  double[] subtract(double[] left, double[] right, boolean hollow);

  /** Returns the product of a row with that of another tile of the same type, summed in DOUBLE. */
  double dot(int row, HostTile that);

  /** Copies what is above the diagonal of a square tile below it. */
  void mirror();

  /** Writes the transpose to a tile of the same type. */
  void transposeTo(HostTile to);

  /** Returns {@code Σ_i v_ij²} of each column. */
  double[] squares();

  /**
   * Copies {@code ‖x_i - y_j‖²} of one row of products {@code x_i·y_j}.
   *
   * @param from the first column whose distance is good to the last digits
   * @param ofRow {@code ‖x_i‖²}
   * @param ofColumns {@code ‖y_j‖²}
   * @param differences asked for the distances of rows so close that products leave mostly rounding of them
   * @param to written, as long as a row
   */
  default void copySquaredDistances(int i, int from, double ofRow, double[] ofColumns, Supplier<RowDifferences> differences, double[] to) {
    copy(i, to);
    for (int j = 0; j < to.length; j++) {
      to[j] = Math.max(0, ofRow + ofColumns[j] - 2 * to[j]);
    }
    double cancelled = Distances.cancelled(type());
    for (int j = from; j < to.length; j++) {
      if (to[j] < cancelled * (ofRow + ofColumns[j])) {
        to[j] = differences.get().squared(i, j);
      }
    }
  }

  /** Refuses what would write behind the end of an array, or read there. */
  static void requireType(DataType type, INDArray array) {
    if (array.dataType() != type) {
      throw new IllegalArgumentException("an array of %s is not one of %s".formatted(array.dataType(), type));
    }
  }
}
