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

  /** Returns {@code Σ v²} of some elements, in DOUBLE. */
  public static double sumOfSquares(float[] values, int from, int to) {
    // Four chains of additions, because each waits for the one before.
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int i = from;
    for (; i + 3 < to; i += 4) {
      s0 += (double) values[i] * values[i];
      s1 += (double) values[i + 1] * values[i + 1];
      s2 += (double) values[i + 2] * values[i + 2];
      s3 += (double) values[i + 3] * values[i + 3];
    }
    for (; i < to; i++) {
      s0 += (double) values[i] * values[i];
    }
    return s0 + s1 + s2 + s3;
  }
}
