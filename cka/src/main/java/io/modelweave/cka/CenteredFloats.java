package io.modelweave.cka;

import io.modelweave.cka.products.FloatRows;
import io.modelweave.cka.products.HostFloats;
import io.modelweave.cka.products.Scratch;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * FLOAT features where arrays live in the memory of the host, centred as their rows are asked for: no copy of all of them is held,
 * but of small layers until all are first asked for.
 *
 * <p>Means are of what each value differs by from the first of its column: exact where an offset is large, and 0 in columns that do
 * not vary. Each is subtracted as a FLOAT and a rest, which costs no digit of the difference. Rows are copied to the heap one by one,
 * because loops over whole arrays become vector operations and loops over parts of them do not.
 */
final class CenteredFloats extends LayerFeatures {

  /** Rows whose sum may be taken in FLOAT before it is added in DOUBLE. */
  private static final int BLOCK = 16;

  /** Features of so many elements are kept centred until all are first asked for: they are in the cache, and it would be soon. */
  private static final long FEW = 1 << 18;

  /** Mean squares above this have fourth powers that FLOAT holds with all digits. */
  private static final double SMALLEST = 0x1p-32;

  /** Sums of squares below this have squares that FLOAT holds. */
  private static final double LARGEST = 0x1p56;

  private final Source source;
  private final float[] high;
  private final float[] low;
  private final boolean constant;
  private final AtomicReference<@Nullable INDArray> ready;

  private CenteredFloats(String label, Source source, float[] high, float[] low, double[] squaredNorms, @Nullable INDArray ready,
      boolean constant) {
    super(label, squaredNorms, 0);
    this.ready = new AtomicReference<>(ready);
    this.source = source;
    this.high = high;
    this.low = low;
    this.constant = constant;
  }

  /**
   * Where the features are.
   *
   * @param array FLOAT in 'c' order
   * @param copy whether it is ours to close
   */
  private record Source(INDArray array, boolean copy) {

    static Source of(INDArray x) {
      return HostFloats.canRead(x) ? new Source(x, false)
          : new Source(Nd4j.createUninitialized(DataType.FLOAT, x.shape(), 'c').assign(x), true);
    }

    int n() {
      return (int) array.size(0);
    }

    int d() {
      return (int) array.size(1);
    }

    FloatRows rows() {
      return new FloatRows(array);
    }

    void close() {
      if (copy) {
        array.close();
      }
    }
  }

  /** Returns the centred features, or nothing if they are not finite or of unusual size and need the longer way. */
  static @Nullable CenteredFloats of(INDArray x, String label) {
    Source source = Source.of(x);
    int d = source.d();
    double[] means = means(source);
    float[] high = new float[d];
    float[] low = new float[d];
    for (int j = 0; j < d; j++) {
      high[j] = (float) means[j];
      low[j] = (float) (means[j] - high[j]);
    }
    INDArray ready = (long) source.n() * d <= FEW ? Scratch.take(DataType.FLOAT, source.n(), d) : null;
    double[] norms = squaredNorms(source, high, low, ready);
    double total = PairSums.sum(norms);
    CenteredFloats features = new CenteredFloats(label, source, high, low, norms, ready, total == 0);
    if (!(total == 0 || total > SMALLEST * source.n() * d && total < LARGEST)) {
      features.close();
      return null;
    }
    return features;
  }

  private static double[] means(Source source) {
    int n = source.n();
    int d = source.d();
    FloatRows from = source.rows();
    float[] first = new float[d];
    from.read(0, first);
    float[] even = new float[d];
    float[] odd = new float[d];
    float[] sums = new float[d];
    double[] means = new double[d];
    for (int i = 0; i < n; i += 2) {
      from.read(i, even);
      // A last row without a second is added with the first of all, whose differences are 0.
      from.read(i + 1 < n ? i + 1 : 0, odd);
      addDifferences(sums, even, odd, first);
      if (i % BLOCK == BLOCK - 2 || i >= n - 2) {
        for (int j = 0; j < d; j++) {
          means[j] += sums[j];
        }
        Arrays.fill(sums, 0);
      }
    }
    for (int j = 0; j < d; j++) {
      means[j] = first[j] + means[j] / n;
    }
    return means;
  }

  /** Returns {@code ‖x_i‖²} of the centred rows, which are also written where there is room for them. */
  private static double[] squaredNorms(Source source, float[] high, float[] low, @Nullable INDArray centered) {
    double[] norms = new double[source.n()];
    FloatRows from = source.rows();
    FloatRows to = centered == null ? null : new FloatRows(centered);
    float[] row = new float[source.d()];
    for (int i = 0; i < norms.length; i++) {
      from.read(i, row);
      subtract(row, high, low);
      norms[i] = sumOfSquares(row);
      if (to != null) {
        to.write(i, row);
      }
    }
    return norms;
  }

  /** Returns {@code Σ v²}: of four values in FLOAT, whose roundings are small and cancel, and of these in DOUBLE. */
  private static double sumOfSquares(float[] values) {
    double even = 0;
    double odd = 0;
    int i = 0;
    for (; i + 7 < values.length; i += 8) {
      even += values[i] * values[i] + values[i + 1] * values[i + 1] + (values[i + 2] * values[i + 2] + values[i + 3] * values[i + 3]);
      odd += values[i + 4] * values[i + 4] + values[i + 5] * values[i + 5]
          + (values[i + 6] * values[i + 6] + values[i + 7] * values[i + 7]);
    }
    for (; i < values.length; i++) {
      even += (double) values[i] * values[i];
    }
    return even + odd;
  }

  private static void addDifferences(float[] sums, float[] even, float[] odd, float[] less) {
    for (int j = 0; j < sums.length; j++) {
      sums[j] += even[j] - less[j] + (odd[j] - less[j]);
    }
  }

  private static void subtract(float[] values, float[] high, float[] low) {
    for (int j = 0; j < values.length; j++) {
      values[j] = values[j] - high[j] - low[j];
    }
  }

  @Override
  int width() {
    return high.length;
  }

  @Override
  DataType type() {
    return DataType.FLOAT;
  }

  @Override
  boolean constant() {
    return constant;
  }

  @Override
  INDArray rows(Tile tile) {
    INDArray all = tile.size() == samples() ? ready.getAndSet(null) : null;
    return all != null ? all : rows(IntStream.range(tile.from(), tile.to()).toArray());
  }

  @Override
  INDArray rows(int[] indices) {
    INDArray rows = Scratch.take(DataType.FLOAT, indices.length, width());
    write(indices, rows);
    return rows;
  }

  private void write(int[] indices, INDArray rows) {
    FloatRows from = source.rows();
    FloatRows to = new FloatRows(rows);
    float[] row = new float[width()];
    for (int k = 0; k < indices.length; k++) {
      from.read(indices[k], row);
      subtract(row, high, low);
      to.write(k, row);
    }
  }

  @Override
  <T> T withAll(Function<INDArray, T> function) {
    INDArray all = rows(new Tile(0, samples()));
    T result = function.apply(all);
    Scratch.give(all);
    return result;
  }

  @Override
  public void close() {
    INDArray unused = ready.getAndSet(null);
    if (unused != null) {
      Scratch.give(unused);
    }
    source.close();
  }
}
