package io.modelweave.cka.products;

import io.modelweave.core.Backend;
import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Products of rows with rows, as arrays in 'c' order. */
public interface RowProducts {

  /** Those of any backend. ND4J's own {@code syrk} uses the first column only, so that {@code X Xᵀ} comes at the full price. */
  RowProducts OF_ARRAYS = (x, y) -> y.mmul(x.transpose()).transpose();

  /** The fastest on this machine. */
  RowProducts FASTEST = fastest();

  /** Returns {@code X Yᵀ}, {@code [a, b]}, of matrices {@code [a, d]} and {@code [b, d]}. */
  INDArray between(INDArray x, INDArray y);

  /** Returns {@code X Xᵀ}, {@code [a, a]}, of a matrix {@code [a, d]}: exactly symmetric where that saves half the work. */
  default INDArray within(INDArray x) {
    return between(x, x);
  }

  /** Writes {@code X Yᵀ} into {@code to}, {@code [a, b]} in 'c' order. */
  default void between(INDArray x, INDArray y, INDArray to) {
    try (INDArray product = between(x, y)) {
      to.assign(product);
    }
  }

  /**
   * Writes {@code X Xᵀ} into {@code to}, {@code [a, a]} in 'c' order; what is below the diagonal may be left out: see
   * {@link HostTile#mirror(INDArray)}.
   */
  default void within(INDArray x, INDArray to) {
    between(x, x, to);
  }

  /**
   * Writes, for some rows, the products of the first layers of a stack with the last.
   *
   * @param stack {@code [layers, rows, d]} in 'c' order
   * @param end the first layers are those before it
   * @param start the last layers are those from it on
   * @param from the first row
   * @param to {@code [some rows, end (layers - start)]} in 'c' order
   */
  default void rowByRow(INDArray stack, int end, int start, int from, INDArray to) {
    INDArrayIndex rows = NDArrayIndex.interval(from, from + to.size(0));
    INDArray first = stack.get(NDArrayIndex.interval(0, end), rows, NDArrayIndex.all());
    INDArray last = stack.get(NDArrayIndex.interval(start, stack.size(0)), rows, NDArrayIndex.all());
    try (INDArray products = Nd4j.matmul(first.permute(1, 0, 2), last.permute(1, 0, 2), false, true, false)) {
      to.assign(products.reshape('c', to.shape()));
    }
  }

  /**
   * Writes {@code XᵀY} of matrices {@code [n, p]} and {@code [n, q]} in 'c' order. If they are the same object, what is below the
   * diagonal may be left out: see {@link HostTile#mirror(INDArray)}.
   *
   * @param add whether to add to what is there
   * @param to {@code [p, q]} in 'c' order
   */
  default void crossed(INDArray x, INDArray y, boolean add, INDArray to) {
    try (INDArray product = x.transpose().mmul(y)) {
      if (add) {
        to.addi(product);
      } else {
        to.assign(product);
      }
    }
  }

  /** Returns {@code Σ w_i x_i} over the rows of a matrix {@code [n, d]} in 'c' order, in its type. */
  default double[] weightedSum(INDArray x, double[] weights) {
    try (INDArray w = Nd4j.create(weights, new long[] {1, weights.length}, new long[] {weights.length, 1}, 'c', x.dataType());
        INDArray sum = w.mmul(x)) {
      return HostFloats.doubles(sum);
    }
  }

  /** Returns the same for each of several weights: of two at the price of one. */
  default double[][] weightedSums(INDArray x, double[][] weights) {
    return Arrays.stream(weights).map(w -> weightedSum(x, w)).toArray(double[][]::new);
  }

  /** Returns {@code x_i · v} of each row of a matrix {@code [n, d]} in 'c' order, in its type. */
  default double[] projections(INDArray x, double[] direction) {
    try (INDArray v = Nd4j.create(direction, new long[] {direction.length, 1}, new long[] {1, 1}, 'c', x.dataType());
        INDArray projections = x.mmul(v)) {
      return HostFloats.doubles(projections);
    }
  }

  private static RowProducts fastest() {
    if (!Backend.usesHostCode()) {
      return OF_ARRAYS;
    }
    try (INDArray ones = Nd4j.ones(DataType.FLOAT, 2, 2)) {
      RowProducts half = new OpenBlasProducts();
      half.within(ones).close();
      return half;
    } catch (LinkageError absent) {
      // Not every CPU backend brings OpenBLAS.
      return OF_ARRAYS;
    }
  }
}
