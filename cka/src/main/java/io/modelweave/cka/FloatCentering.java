package io.modelweave.cka;

import io.modelweave.cka.products.HostFloats;
import org.bytedeco.javacpp.FloatPointer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Centres FLOAT features where arrays live in the memory of the host: two passes, at a fraction of the cost of doing so in DOUBLE.
 *
 * <p>The first finds the means, of what each value differs by from the first of its column: exact where an offset is large, and 0 in
 * columns that do not vary. The second subtracts each mean as a FLOAT and a rest, which costs no digit of the difference. Each row is copied to the
 * heap, because loops over whole arrays become vector operations and loops over parts of them do not.
 */
final class FloatCentering {

  /** Rows whose sum may be taken in FLOAT before it is added in DOUBLE. */
  private static final int BLOCK = 16;

  /** Mean squares above this have fourth powers that FLOAT holds with all digits. */
  private static final double SMALLEST = 0x1p-32;

  /** Sums of squares below this have squares that FLOAT holds. */
  private static final double LARGEST = 0x1p56;

  private final FloatPointer from;
  private final int n;
  private final int d;
  private final float[] row;
  private final float[] high;
  private final float[] low;

  private FloatCentering(INDArray x) {
    this.from = new FloatPointer(x.data().addressPointer());
    this.n = (int) x.size(0);
    this.d = (int) x.size(1);
    this.row = new float[d];
    this.high = new float[d];
    this.low = new float[d];
  }

  /** Returns the centred features, or nothing if they are not finite or of unusual size and need the longer way. */
  static @Nullable LayerFeatures of(INDArray x, String label) {
    INDArray own = Nd4j.createUninitialized(DataType.FLOAT, x.shape(), 'c');
    boolean readable = HostFloats.canRead(x);
    if (!readable) {
      own.assign(x);
    }
    FloatCentering centering = new FloatCentering(readable ? x : own);
    centering.findMeans();
    double[] norms = centering.subtractMeans(new FloatPointer(own.data().addressPointer()));
    double total = PairSums.sum(norms);
    if (!(total == 0 || total > SMALLEST * own.length() && total < LARGEST)) {
      own.close();
      return null;
    }
    return new LayerFeatures(label, own, norms, 0, total == 0);
  }

  private void findMeans() {
    float[] first = new float[d];
    from.position(0).get(first);
    float[] sums = new float[d];
    double[] totals = new double[d];
    for (int i = 0; i < n; i++) {
      read(i);
      addDifferences(sums, row, first);
      if (i % BLOCK == BLOCK - 1 || i == n - 1) {
        for (int j = 0; j < d; j++) {
          totals[j] += sums[j];
          sums[j] = 0;
        }
      }
    }
    for (int j = 0; j < d; j++) {
      double mean = first[j] + totals[j] / n;
      high[j] = (float) mean;
      low[j] = (float) (mean - high[j]);
    }
  }

  /** Writes the centred features and returns {@code ‖x_i‖²} of each row. */
  private double[] subtractMeans(FloatPointer to) {
    double[] norms = new double[n];
    for (int i = 0; i < n; i++) {
      read(i);
      subtract(row, high, low);
      norms[i] = HostFloats.sumOfSquares(row, 0, d);
      to.position((long) i * d).put(row);
    }
    return norms;
  }

  private void read(int i) {
    from.position((long) i * d).get(row);
  }

  private static void addDifferences(float[] sums, float[] values, float[] less) {
    for (int j = 0; j < sums.length; j++) {
      sums[j] += values[j] - less[j];
    }
  }

  private static void subtract(float[] values, float[] high, float[] low) {
    for (int j = 0; j < values.length; j++) {
      values[j] = values[j] - high[j] - low[j];
    }
  }
}
