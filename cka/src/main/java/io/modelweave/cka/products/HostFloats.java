package io.modelweave.cka.products;

import io.modelweave.core.Backend;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** FLOAT arrays of a CPU backend as Java arrays, at the price of a copy: ND4J's own way there goes element by element. */
public final class HostFloats {

  /** Whether arrays can be read through a pointer. */
  public static final boolean AVAILABLE = Backend.require().equals("CpuBackend");

  private HostFloats() {}

  /** Returns whether {@link #of} may be called: all elements are next to each other in the memory of the host, in 'c' order. */
  public static boolean canRead(INDArray x) {
    return AVAILABLE && x.dataType() == DataType.FLOAT && x.rank() == 2 && x.stride(1) == 1 && x.stride(0) == x.size(1);
  }

  /** Returns the elements, row by row. */
  public static float[] of(INDArray x) {
    float[] values = new float[(int) x.length()];
    new FloatPointer(x.data().addressPointer()).get(values);
    return values;
  }

  /** Returns the elements of an array of any backend, type and rank in 'c' order. */
  public static double[] doubles(INDArray x) {
    if (x.ordering() != 'c' || x.isView()) {
      try (INDArray copy = x.dup('c')) {
        return doubles(copy);
      }
    }
    if (!AVAILABLE || x.dataType() != DataType.FLOAT) {
      return x.data().asDouble();
    }
    float[] values = of(x);
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  /** Returns {@code Σ v²} of some elements, in DOUBLE. */
  public static double sumOfSquares(float[] values, int from, int to) {
    // Eight squares at once in two chains, because additions wait for the one before.
    double even = 0;
    double odd = 0;
    int i = from;
    for (; i + 7 < to; i += 8) {
      even += (square(values[i]) + square(values[i + 1])) + (square(values[i + 2]) + square(values[i + 3]));
      odd += (square(values[i + 4]) + square(values[i + 5])) + (square(values[i + 6]) + square(values[i + 7]));
    }
    for (; i < to; i++) {
      even += square(values[i]);
    }
    return even + odd;
  }

  private static double square(float value) {
    return (double) value * value;
  }
}
