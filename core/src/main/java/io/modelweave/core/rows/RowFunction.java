package io.modelweave.core.rows;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A differentiable function of rows, {@code [N, m]} to {@code [N, n]}, computed by Java code on arrays: what a graph cannot express,
 * such as work whose shapes depend on the data, or computes in several passes. See
 * {@link io.modelweave.core.transformer.BlockGraph#apply}.
 *
 * <p>Every graph that is built has a function of its own, but several threads may run one graph at once: implementations keep no state
 * between calls that would make them disturb each other.
 */
public interface RowFunction {

  /**
   * Computes the output.
   *
   * @param input {@code [N, m]}; not modified
   * @param output {@code [N, n]}, c-ordered; all of it is written
   */
  void forward(INDArray input, INDArray output);

  /**
   * Computes the gradient of the loss with respect to the input; called after {@link #forward} of the same run.
   *
   * @param input {@code [N, m]}; not modified
   * @param outputGradient {@code [N, n]}; not modified
   * @param inputGradient {@code [N, m]}, c-ordered; all of it is written
   */
  void backward(INDArray input, INDArray outputGradient, INDArray inputGradient);

  /** Frees what the function keeps from run to run; called when the graph is closed. */
  default void close() {}
}
