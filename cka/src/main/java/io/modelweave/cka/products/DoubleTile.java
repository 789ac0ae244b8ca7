package io.modelweave.cka.products;

import org.bytedeco.javacpp.DoublePointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A {@link HostTile} of DOUBLE. */
final class DoubleTile implements HostTile {

  private final int columns;
  private final double[][] values;

  DoubleTile(int rows, int columns) {
    this.columns = columns;
    values = new double[rows][columns];
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
    return DataType.DOUBLE;
  }

  @Override
  public void read(INDArray from) {
    HostTile.requireType(type(), from);
    DoublePointer pointer = new DoublePointer(from.data().addressPointer());
    for (int i = 0; i < rows(); i++) {
      pointer.position((long) i * columns()).get(values[i]);
    }
  }

  @Override
  public void write(INDArray to, int layer) {
    HostTile.requireType(type(), to);
    DoublePointer pointer = new DoublePointer(to.data().addressPointer());
    long first = (long) layer * rows();
    for (int i = 0; i < rows(); i++) {
      pointer.position((first + i) * columns).put(values[i]);
    }
  }

  @Override
  public void copy(int row, double[] to) {
    System.arraycopy(values[row], 0, to, 0, to.length);
  }

  @Override
  public void set(int row, double[] from) {
    System.arraycopy(from, 0, values[row], 0, from.length);
  }

  @Override
  public double[] subtract(double[] left, double[] right, boolean hollow) {
    double[] squares = new double[columns];
    for (int i = 0; i < rows(); i++) {
      subtract(values[i], left[i], right);
      if (hollow) {
        values[i][i] = 0;
      }
      addSquares(squares, values[i]);
    }
    return squares;
  }

  /** The sum comes first: then the elements of a symmetric tile stay the same on both sides of the diagonal. */
  private static void subtract(double[] row, double left, double[] right) {
    for (int j = 0; j < row.length; j++) {
      row[j] -= left + right[j];
    }
  }

  @Override
  public double dot(int row, HostTile that) {
    return dot(values[row], ((DoubleTile) that).values[row]);
  }

  /** Returns the product of two arrays, in two chains, because additions wait for the one before. */
  static double dot(double[] left, double[] right) {
    double even = 0;
    double odd = 0;
    int i = 0;
    for (; i + 1 < left.length; i += 2) {
      even += left[i] * right[i];
      odd += left[i + 1] * right[i + 1];
    }
    return i < left.length ? even + odd + left[i] * right[i] : even + odd;
  }

  @Override
  public void mirror() {
    for (int top = 0; top < rows(); top += SQUARE) {
      for (int left = top; left < rows(); left += SQUARE) {
        for (int j = left; j < Math.min(rows(), left + SQUARE); j++) {
          double[] to = values[j];
          for (int i = top; i < Math.min(j, top + SQUARE); i++) {
            to[i] = values[i][j];
          }
        }
      }
    }
  }

  @Override
  public void transposeTo(HostTile other) {
    double[][] result = ((DoubleTile) other).values;
    for (int top = 0; top < rows(); top += SQUARE) {
      for (int left = 0; left < columns(); left += SQUARE) {
        for (int j = left; j < Math.min(columns(), left + SQUARE); j++) {
          double[] to = result[j];
          for (int i = top; i < Math.min(rows(), top + SQUARE); i++) {
            to[i] = values[i][j];
          }
        }
      }
    }
  }

  @Override
  public double[] squares() {
    double[] squares = new double[columns()];
    for (double[] row : values) {
      addSquares(squares, row);
    }
    return squares;
  }

  private static void addSquares(double[] to, double[] row) {
    for (int j = 0; j < row.length; j++) {
      to[j] += row[j] * row[j];
    }
  }
}
