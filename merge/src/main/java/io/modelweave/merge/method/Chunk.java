package io.modelweave.merge.method;

/**
 * Consecutive elements of one tensor, of all its models, as doubles. Arrays may be longer than the chunk, belong to the engine, and hold
 * until the call returns; only {@link #scratch} may be written to.
 */
public interface Chunk {

  /** Returns the tensor that the elements are of. */
  TensorContext tensor();

  /** Returns the number of chunks before this one in the group. */
  int ordinal();

  /** Returns the index of the first element in the tensor. */
  long start();

  /** Returns the number of elements. */
  int length();

  /** Returns the elements of a model, counted from 0. */
  double[] model(int index);

  /** Returns the elements of the base. */
  double[] base();

  /** Returns the elements of a model minus those of the base. */
  double[] delta(int index);

  /**
   * Returns an array to write to, at least as long as the chunk, with undefined contents.
   *
   * @param index different numbers give different arrays
   */
  double[] scratch(int index);

  /** Returns the elements of every model minus those of the base. */
  default double[][] deltas() {
    double[][] all = new double[tensor().models()][];
    for (int i = 0; i < all.length; i++) {
      all[i] = delta(i);
    }
    return all;
  }

  /** Returns the elements of a model, minus those of the base if there is one. */
  default double[] vector(int index) {
    return tensor().based() ? delta(index) : model(index);
  }
}
