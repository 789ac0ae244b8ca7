package io.modelweave.merge.method;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Merges by a linear combination whose coefficients depend on the dot products of the models alone: {@code y = b + sum_i c_i v_i}, where
 * {@code v_i} is model {@code i} minus the base, or the model itself and {@code b = 0} if there is no base.
 *
 * <p>Everything on a sphere is of this kind, iterations included, because no step leaves the span of the inputs. Dot products are
 * accumulated in double. Cost: one pass for whole tensors and columns, none for rows; {@code n (n + 1) / 2} multiplications an element.
 */
public final class GramMerge implements TensorMerge {

  /** Turns dot products into coefficients. */
  @FunctionalInterface
  public interface Coefficients {

    /**
     * Returns one coefficient for each model.
     *
     * @param gram {@code [n, n]}, the dot products {@code <v_i, v_j>}; not to be modified
     */
    double[] of(double[][] gram);
  }

  private final TensorContext tensor;
  private final Partition partition;
  private final Coefficients function;
  private final int vectors;
  private double @Nullable [][] ofVectors;

  /**
   * Creates a merge of one tensor.
   *
   * @param group must hold one tensor
   */
  public GramMerge(MergeGroup group, Partition partition, Coefficients function) {
    this.tensor = group.first();
    this.partition = partition;
    this.function = function;
    this.vectors = partition.interleaved(tensor);
  }

  @Override
  public @Nullable Pass next() {
    return partition == Partition.ROWS || ofVectors != null ? null : new GramPass();
  }

  @Override
  public void merge(Chunk chunk, double[] out) {
    if (partition == Partition.ROWS) {
      int length = Math.toIntExact(Math.max(1, tensor.rowLength()));
      for (int from = 0; from < chunk.length(); from += length) {
        combine(chunk, function.of(gramOf(chunk, from, from + length)), from, from + length, out);
      }
    } else if (vectors == 1) {
      combine(chunk, coefficients()[0], 0, chunk.length(), out);
    } else {
      mergeColumns(chunk, out);
    }
  }

  private void mergeColumns(Chunk chunk, double[] out) {
    double[][] coefficients = coefficients();
    int n = tensor.models();
    double[][] v = new double[n][];
    for (int i = 0; i < n; i++) {
      v[i] = chunk.vector(i);
    }
    for (int j = 0; j < chunk.length(); j++) {
      double[] c = coefficients[(int) ((chunk.start() + j) % vectors)];
      double sum = tensor.based() ? chunk.base()[j] : 0;
      for (int i = 0; i < n; i++) {
        sum += c[i] == 0 ? 0 : c[i] * v[i][j];
      }
      out[j] = sum;
    }
  }

  private void combine(Chunk chunk, double[] c, int from, int to, double[] out) {
    double ofBase = tensor.based() ? 1 - Arrays.stream(c).sum() : 0;
    LinearCombination.apply(chunk, c, ofBase, from, to, out);
  }

  private double[][] gramOf(Chunk chunk, int from, int to) {
    int n = tensor.models();
    double[][] gram = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int k = 0; k <= i; k++) {
        gram[i][k] = Sums.dot(chunk.vector(i), chunk.vector(k), from, to);
        gram[k][i] = gram[i][k];
      }
    }
    return gram;
  }

  private double[][] coefficients() {
    if (ofVectors == null) {
      throw new IllegalStateException("the pass over the dot products has not been made");
    }
    return ofVectors;
  }

  private final class GramPass implements Pass {

    private final int n = tensor.models();

    @Override
    public int sums() {
      return vectors * n * n;
    }

    @Override
    public int counts() {
      return 0;
    }

    @Override
    public void accumulate(Chunk chunk, double[] sums, long[] counts) {
      if (vectors == 1) {
        double[][] gram = gramOf(chunk, 0, chunk.length());
        for (int i = 0; i < n; i++) {
          System.arraycopy(gram[i], 0, sums, i * n, n);
        }
        return;
      }
      for (int i = 0; i < n; i++) {
        for (int k = 0; k < n; k++) {
          double[] a = chunk.vector(i);
          double[] b = chunk.vector(k);
          for (int j = 0; j < chunk.length(); j++) {
            sums[(int) ((chunk.start() + j) % vectors) * n * n + i * n + k] += a[j] * b[j];
          }
        }
      }
    }

    @Override
    public void complete(double[] sums, long[] counts) {
      double[][] all = new double[vectors][];
      for (int v = 0; v < vectors; v++) {
        double[][] gram = new double[n][];
        for (int i = 0; i < n; i++) {
          int at = (v * n + i) * n;
          gram[i] = Arrays.copyOfRange(sums, at, at + n);
        }
        all[v] = function.of(gram);
      }
      ofVectors = all;
    }
  }
}
