package io.modelweave.merge.engine;

import io.modelweave.merge.method.Chunk;
import io.modelweave.merge.method.Sums;
import io.modelweave.merge.method.TensorContext;
import java.util.ArrayList;
import java.util.List;

/** Gathers what a {@link TensorReport} says, chunk by chunk, from numbers that are in the cache anyway. */
final class Diagnostics {

  private static final int CONFLICTS = 0;
  private static final int OUT = 1;
  private static final int NON_FINITE_OUT = 2;
  private static final int FIXED = 3;

  private final TensorContext tensor;
  private final int models;

  Diagnostics(TensorContext tensor) {
    this.tensor = tensor;
    this.models = tensor.models();
  }

  int sums() {
    return FIXED + models + (models + 1) + models * models;
  }

  /**
   * Returns the sums of one chunk.
   *
   * @param out its result
   */
  double[] gather(Chunk chunk, double[] out) {
    int length = chunk.length();
    double[] sums = new double[sums()];
    sums[OUT] = Sums.dot(out, out, 0, length);
    if (models == 2) {
      gatherPair(chunk.vector(0), chunk.vector(1), length, sums);
    } else {
      gatherAll(chunk, sums);
    }
    double sum = sums[OUT];
    for (int i = 0; i < models; i++) {
      sums[FIXED + i] = tensor.based() ? Sums.dot(chunk.model(i), chunk.model(i), 0, length) : sums[gram(i, i)];
      sum += sums[FIXED + i] + sums[gram(i, i)];
    }
    if (!Double.isFinite(sum)) {
      countNonFinite(chunk, sums);
    }
    return sums;
  }

  private void countNonFinite(Chunk chunk, double[] sums) {
    for (int i = 0; i < models; i++) {
      sums[FIXED + models + i] = ElementCodec.nonFinite(chunk.model(i), chunk.length());
    }
    sums[FIXED + 2 * models] = tensor.based() ? ElementCodec.nonFinite(chunk.base(), chunk.length()) : 0;
  }

  private void gatherAll(Chunk chunk, double[] sums) {
    for (int i = 0; i < models; i++) {
      for (int j = 0; j <= i; j++) {
        sums[gram(i, j)] = Sums.dot(chunk.vector(i), chunk.vector(j), 0, chunk.length());
      }
    }
    sums[CONFLICTS] = models < 2 ? 0 : conflicts(chunk);
  }

  /**
   * All that is asked of two vectors in one walk. Signs are compared without a branch, which no processor could guess; a product that
   * vanishes, of numbers below 1e-150, is no conflict.
   */
  private void gatherPair(double[] a, double[] b, int length, double[] sums) {
    double squaresOfA = 0;
    double squaresOfB = 0;
    double products = 0;
    long conflicts = 0;
    for (int j = 0; j < length; j++) {
      double product = a[j] * b[j];
      squaresOfA += a[j] * a[j];
      squaresOfB += b[j] * b[j];
      products += product;
      long bits = Double.doubleToRawLongBits(product);
      conflicts += bits >>> 63 & (bits << 1 | -(bits << 1)) >>> 63;
    }
    sums[gram(0, 0)] = squaresOfA;
    sums[gram(1, 1)] = squaresOfB;
    sums[gram(1, 0)] = products;
    sums[CONFLICTS] = conflicts;
  }

  private long conflicts(Chunk chunk) {
    long count = 0;
    double[] lowest = chunk.scratch(0);
    double[] highest = chunk.scratch(1);
    System.arraycopy(chunk.vector(0), 0, lowest, 0, chunk.length());
    System.arraycopy(chunk.vector(0), 0, highest, 0, chunk.length());
    for (int i = 1; i < models; i++) {
      double[] vector = chunk.vector(i);
      for (int j = 0; j < chunk.length(); j++) {
        lowest[j] = Math.min(lowest[j], vector[j]);
        highest[j] = Math.max(highest[j], vector[j]);
      }
    }
    for (int j = 0; j < chunk.length(); j++) {
      count += lowest[j] < 0 && highest[j] > 0 ? 1 : 0;
    }
    return count;
  }

  TensorReport report(TensorJob job, double[] sums, String sha256) {
    List<Double> norms = new ArrayList<>();
    List<List<Double>> cosines = new ArrayList<>();
    double squares = 0;
    for (int i = 0; i < models; i++) {
      norms.add(Math.sqrt(sums[gram(i, i)]));
      squares += sums[FIXED + i] / models;
    }
    for (int i = 0; i < models; i++) {
      List<Double> row = new ArrayList<>();
      for (int j = 0; j < models; j++) {
        double product = norms.get(i) * norms.get(j);
        double cosine = product == 0 ? 0 : sums[gram(Math.max(i, j), Math.min(i, j))] / product;
        row.add(i == j && product != 0 ? 1.0 : Math.max(-1, Math.min(1, cosine)));
      }
      cosines.add(row);
    }
    double ratio = squares == 0 ? (sums[OUT] == 0 ? 1 : Double.POSITIVE_INFINITY) : Math.sqrt(sums[OUT] / squares);
    double conflicts = tensor.length() == 0 ? 0 : sums[CONFLICTS] / tensor.length();
    String method = job.method() == null ? "copy" : job.method().name();
    return new TensorReport(job.name(), job.info().type().name(), job.info().shape(), method, norms, cosines, conflicts, ratio,
        nonFiniteInputs(sums), (long) sums[NON_FINITE_OUT], 0, sha256);
  }

  private List<Long> nonFiniteInputs(double[] sums) {
    List<Long> counts = new ArrayList<>();
    for (int i = 0; i < models + (tensor.based() ? 1 : 0); i++) {
      counts.add((long) sums[FIXED + models + i]);
    }
    return counts;
  }

  /** Returns whether a chunk of the output may have an element above some magnitude: none can be above the norm. */
  boolean mayExceed(double magnitude, double[] sums) {
    return !(Math.sqrt(sums[OUT]) <= magnitude);
  }

  void nonFiniteOutput(long count, double[] sums) {
    sums[NON_FINITE_OUT] = count;
  }

  /** Returns whether an input or the output of a chunk is not finite. */
  boolean anyNonFinite(double[] sums) {
    double count = sums[NON_FINITE_OUT];
    for (int i = FIXED + models; i <= FIXED + 2 * models; i++) {
      count += sums[i];
    }
    return count != 0;
  }

  long nonFiniteOutput(double[] sums) {
    return (long) sums[NON_FINITE_OUT];
  }

  private int gram(int i, int j) {
    return FIXED + 2 * models + 1 + i * models + j;
  }
}
