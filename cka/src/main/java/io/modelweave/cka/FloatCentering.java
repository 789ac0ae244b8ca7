package io.modelweave.cka;

import io.modelweave.core.Backend;
import org.bytedeco.javacpp.FloatPointer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Centres FLOAT features where arrays live in the memory of the host, at a fraction of the cost of doing so in DOUBLE.
 *
 * <p>A mean summed in blocks is subtracted, which is exact but for the digits of the difference itself; then the mean of what is left,
 * whose error is a rounding of a rounding. Columns that do not vary become exactly 0.
 */
final class FloatCentering {

  /** Whether arrays can be read through a pointer. */
  static final boolean AVAILABLE = Backend.require().equals("CpuBackend");

  /** Rows whose sum may be taken in FLOAT before it is added in DOUBLE. */
  private static final int BLOCK = 32;

  /** Fourth powers of values between these, over any sensible number of samples, are in the range of FLOAT. */
  private static final double SMALLEST = 0x1p-16;
  private static final double LARGEST = 0x1p16;

  private FloatCentering() {}

  /** Returns the centred features, or nothing if they are not finite or of unusual size and need the longer way. */
  static @Nullable LayerFeatures of(INDArray x, String label) {
    int n = (int) x.size(0);
    int d = (int) x.size(1);
    float[] values = values(x);
    float[] means = new float[d];
    float[] spread = new float[d];
    firstMeans(values, n, d, means, spread);
    subtract(values, d, means);
    double[] rest = sums(values, n, d);
    double total = 0;
    for (int j = 0; j < d; j++) {
      means[j] = (float) (rest[j] / n);
      total += Math.abs(means[j]) + spread[j];
    }
    if (!Double.isFinite(total) || total != 0 && !ordinary(spread)) {
      return null;
    }
    subtract(values, d, means);
    INDArray centered = Nd4j.createUninitialized(DataType.FLOAT, new long[] {n, d}, 'c');
    new FloatPointer(centered.data().addressPointer()).put(values);
    return new LayerFeatures(label, centered, total == 0);
  }

  private static boolean ordinary(float[] spread) {
    double largest = 0;
    for (float s : spread) {
      largest = Math.max(largest, s);
    }
    return largest > SMALLEST && largest < LARGEST;
  }

  private static float[] values(INDArray x) {
    float[] values = new float[(int) x.length()];
    boolean plain = x.dataType() == DataType.FLOAT && x.ordering() == 'c' && x.stride(1) == 1 && x.stride(0) == x.size(1);
    INDArray source = plain ? x : Nd4j.createUninitialized(DataType.FLOAT, x.shape(), 'c').assign(x);
    new FloatPointer(source.data().addressPointer()).get(values);
    if (!plain) {
      source.close();
    }
    return values;
  }

  /** Fills in the mean of each column, to some digits, and its largest distance from the first row. */
  private static void firstMeans(float[] values, int n, int d, float[] means, float[] spread) {
    double[] totals = sums(values, n, d);
    for (int row = d; row < values.length; row += d) {
      for (int j = 0; j < d; j++) {
        spread[j] = Math.max(spread[j], Math.abs(values[row + j] - values[j]));
      }
    }
    for (int j = 0; j < d; j++) {
      // A mean of equal values need not equal them.
      means[j] = spread[j] == 0 ? values[j] : (float) (totals[j] / n);
    }
  }

  private static double[] sums(float[] values, int n, int d) {
    double[] totals = new double[d];
    float[] block = new float[d];
    for (int from = 0; from < n; from += BLOCK) {
      int to = Math.min(n, from + BLOCK);
      for (int row = from * d; row < to * d; row += d) {
        for (int j = 0; j < d; j++) {
          block[j] += values[row + j];
        }
      }
      for (int j = 0; j < d; j++) {
        totals[j] += block[j];
        block[j] = 0;
      }
    }
    return totals;
  }

  private static void subtract(float[] values, int d, float[] means) {
    for (int row = 0; row < values.length; row += d) {
      for (int j = 0; j < d; j++) {
        values[row + j] -= means[j];
      }
    }
  }
}
