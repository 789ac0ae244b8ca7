package io.modelweave.cka;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A measure of how alike two sets of features describe the same samples, whatever their widths.
 *
 * <p>{@link Similarities} has them by name, and those compute in DOUBLE whatever the input's type. Implementations are immutable and
 * neither modify nor close their arguments. To add one, see {@link io.modelweave.cka.measure.Measure}.
 */
public interface Similarity {

  /**
   * Returns the comparison of two sets of features of the same samples.
   *
   * @param x {@code [n, p]}, one row a sample, any floating or integer type
   * @param y {@code [n, q]}, the same samples in the same order
   * @return a result without a value, but with the reason among its warnings, if a side is constant over the samples
   * @throws IllegalArgumentException naming x or y if an array is not of rank 2, is empty, or holds NaN or an infinity; if the
   *     numbers of rows differ; or if there are too few of them
   */
  Comparison compare(INDArray x, INDArray y);

  /** Returns the name by which {@link Similarities#named} knows this measure, such as {@code "mutual-knn"}. */
  String name();

  /** Returns where the measure was defined: authors, year, and how this differs if it does. */
  String citation();

  /** Returns direction, symmetry, range and invariances. */
  Traits traits();
}
