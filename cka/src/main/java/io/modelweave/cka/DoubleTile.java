package io.modelweave.cka;

import org.bytedeco.javacpp.DoublePointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A {@link HostTile} of DOUBLE. */
final class DoubleTile extends HostTile {

  private final double[][] values;

  DoubleTile(int rows, int columns) {
    super(rows, columns);
    values = new double[rows][columns];
  }

  @Override
  DataType type() {
    return DataType.DOUBLE;
  }

  @Override
  void read(INDArray from) {
    DoublePointer pointer = doubles(from);
    for (int i = 0; i < rows(); i++) {
      pointer.position((long) i * columns()).get(values[i]);
    }
  }

  @Override
  void write(INDArray to) {
    DoublePointer pointer = doubles(to);
    for (int i = 0; i < rows(); i++) {
      pointer.position((long) i * columns()).put(values[i]);
    }
  }

  @Override
  void copy(int row, double[] to) {
    System.arraycopy(values[row], 0, to, 0, to.length);
  }

  @Override
  void set(int row, double[] from) {
    System.arraycopy(from, 0, values[row], 0, from.length);
  }

  @Override
  void subtract(double[] left, double[] right) {
    for (int i = 0; i < rows(); i++) {
      subtract(values[i], left[i], right);
    }
  }

  private static void subtract(double[] row, double left, double[] right) {
    for (int j = 0; j < row.length; j++) {
      row[j] = row[j] - left - right[j];
    }
  }

  @Override
  void mirror() {
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
  void clearDiagonal() {
    for (int i = 0; i < rows(); i++) {
      values[i][i] = 0;
    }
  }

  @Override
  void transposeTo(HostTile other) {
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
  double[] squares() {
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
