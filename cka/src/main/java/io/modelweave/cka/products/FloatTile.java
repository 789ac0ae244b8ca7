package io.modelweave.cka.products;

import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A {@link HostTile} of FLOAT. */
final class FloatTile implements HostTile {

  /** Rows whose squares may be summed in FLOAT before they are added in DOUBLE. */
  private static final int BLOCK = 16;

  private final int columns;
  private final float[][] values;

  FloatTile(int rows, int columns) {
    this.columns = columns;
    values = new float[rows][columns];
  }

  @Override
  public int rows() {
    return values.length;
  }

  @Override
  public int columns() {
    return columns;
  }

  @Override
  public DataType type() {
    return DataType.FLOAT;
  }

  @Override
  public void read(INDArray from) {
    HostTile.requireType(type(), from);
    FloatRows rows = new FloatRows(from);
    for (int i = 0; i < rows(); i++) {
      rows.read(i, values[i]);
    }
  }

  @Override
  public void write(INDArray to, int layer) {
    HostTile.requireType(type(), to);
    FloatRows rows = new FloatRows(to, (long) layer * rows() * columns, rows(), columns, columns);
    for (int i = 0; i < rows(); i++) {
      rows.write(i, values[i]);
    }
  }

  @Override
  public void copy(int row, double[] to) {
    copy(values[row], to);
  }

  private static void copy(float[] from, double[] to) {
    for (int j = 0; j < to.length; j++) {
      to[j] = from[j];
    }
  }

  @Override
  public void set(int row, double[] from) {
    set(values[row], from);
  }

  private static void set(float[] to, double[] from) {
    for (int j = 0; j < from.length; j++) {
      to[j] = (float) from[j];
    }
  }

  @Override
  public double[] subtract(double[] left, double[] right, boolean hollow) {
    float[] narrow = new float[columns];
    set(narrow, right);
    ColumnSquares squares = new ColumnSquares();
    for (int i = 0; i < rows(); i++) {
      subtract(values[i], (float) left[i], narrow);
      if (hollow) {
        values[i][i] = 0;
      }
      squares.add(values[i]);
    }
    return squares.sums();
  }

  /** The sum comes first: then the elements of a symmetric tile stay the same on both sides of the diagonal. */
  private static void subtract(float[] row, float left, float[] right) {
    for (int j = 0; j < row.length; j++) {
      row[j] -= left + right[j];
    }
  }

  @Override
  public double dot(int row, HostTile that) {
    return dot(values[row], ((FloatTile) that).values[row]);
  }

  private static double dot(float[] left, float[] right) {
    double even = 0;
    double odd = 0;
    int i = 0;
    for (; i + 1 < left.length; i += 2) {
      even += (double) left[i] * right[i];
      odd += (double) left[i + 1] * right[i + 1];
    }
    return i < left.length ? even + odd + (double) left[i] * right[i] : even + odd;
  }

  @Override
  public void mirror() {
    for (int top = 0; top < rows(); top += SQUARE) {
      for (int left = top; left < rows(); left += SQUARE) {
        for (int j = left; j < Math.min(rows(), left + SQUARE); j++) {
          float[] to = values[j];
          for (int i = top; i < Math.min(j, top + SQUARE); i++) {
            to[i] = values[i][j];
          }
        }
      }
    }
  }

  @Override
  public void transposeTo(HostTile other) {
    float[][] result = ((FloatTile) other).values;
    for (int top = 0; top < rows(); top += SQUARE) {
      for (int left = 0; left < columns(); left += SQUARE) {
        for (int j = left; j < Math.min(columns(), left + SQUARE); j++) {
          float[] to = result[j];
          for (int i = top; i < Math.min(rows(), top + SQUARE); i++) {
            to[i] = values[i][j];
          }
        }
      }
    }
  }

  @Override
  public double[] squares() {
    ColumnSquares squares = new ColumnSquares();
    for (float[] row : values) {
      squares.add(row);
    }
    return squares.sums();
  }

  /** Sums of squares of columns, of some rows in FLOAT and of these in DOUBLE. */
  private final class ColumnSquares {

    private final double[] sums = new double[columns];
    private final float[] some = new float[columns];
    private int added;

    void add(float[] row) {
      addSquares(some, row);
      added++;
      if (added % BLOCK == 0) {
        addSome();
      }
    }

    private static void addSquares(float[] to, float[] row) {
      for (int j = 0; j < row.length; j++) {
        to[j] += row[j] * row[j];
      }
    }

    private void addSome() {
      for (int j = 0; j < some.length; j++) {
        sums[j] += some[j];
      }
      Arrays.fill(some, 0);
    }

    double[] sums() {
      addSome();
      return sums;
    }
  }
}
