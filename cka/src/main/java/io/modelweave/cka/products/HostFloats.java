package io.modelweave.cka.products;

import io.modelweave.core.Backend;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Arrays of a CPU backend as Java arrays and back, at the price of a copy: ND4J's own way goes element by element. */
public final class HostFloats {

  /** Whether arrays can be read through a pointer. */
  public static final boolean AVAILABLE = Backend.usesHostCode();

  private static final int PIECE = 4096;

  private HostFloats() {}

  /** Returns whether rows can be read through a pointer: all elements are next to each other in the memory of the host, in 'c' order. */
  public static boolean canRead(INDArray x) {
    return AVAILABLE && x.dataType() == DataType.FLOAT && x.rank() == 2 && x.stride(1) == 1 && x.stride(0) == x.size(1);
  }

  /** Returns the elements of an array of any backend, type and rank in 'c' order. */
  public static double[] doubles(INDArray x) {
    if (x.ordering() != 'c' || x.isView()) {
      try (INDArray copy = x.dup('c')) {
        return doubles(copy);
      }
    }
    if (!AVAILABLE || x.dataType() != DataType.FLOAT && x.dataType() != DataType.DOUBLE) {
      return x.data().asDouble();
    }
    if (x.dataType() == DataType.DOUBLE) {
      double[] values = new double[(int) x.length()];
      new DoublePointer(x.data().addressPointer()).get(values);
      return values;
    }
    double[] wide = new double[(int) x.length()];
    FloatPointer from = new FloatPointer(x.data().addressPointer());
    float[] some = new float[Math.min(wide.length, PIECE)];
    for (int start = 0; start < wide.length; start += some.length) {
      int length = Math.min(some.length, wide.length - start);
      from.position(start).get(some, 0, length);
      for (int i = 0; i < length; i++) {
        wide[start + i] = some[i];
      }
    }
    return wide;
  }

  /** Returns a DOUBLE array {@code [rows, columns]} of any backend with these elements, which may be given to {@link Scratch}. */
  public static INDArray array(double[] values, int rows, int columns) {
    if (!AVAILABLE) {
      return Nd4j.create(values, new long[] {rows, columns}, new long[] {columns, 1}, 'c', DataType.DOUBLE);
    }
    INDArray array = Scratch.take(DataType.DOUBLE, rows, columns);
    new DoublePointer(array.data().addressPointer()).put(values);
    return array;
  }
}
