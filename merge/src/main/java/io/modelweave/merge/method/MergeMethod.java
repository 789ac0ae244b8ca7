package io.modelweave.merge.method;

import java.util.List;
import java.util.function.Consumer;

/**
 * A way to make one tensor of several: declares what it needs and does the arithmetic, and nothing else.
 *
 * <p>A method is an immutable value. All numbers reach it as doubles and leave it as doubles; the engine rounds once, to the type of
 * the output. Reading, chunks, threads, files and reports are the engine's.
 */
public interface MergeMethod {

  /** Returns the name in recipes and reports, such as {@code "ties"}. */
  String name();

  /** Returns where the method comes from: authors, title, year, number. */
  String citation();

  /** Returns the parameters that it reads, with their defaults and bounds. */
  List<Parameter> parameters();

  /** Returns how many models it takes, and whether a base. */
  Inputs inputs();

  /** Returns whether it needs all tensors of a model together, such as for one threshold over the whole model. */
  default boolean wholeModel() {
    return false;
  }

  /**
   * Returns how many consecutive elements, counted from the start of the tensor, must be in one chunk, such as the length of a row.
   *
   * @param shape the tensor's dimensions
   * @param settings the tensor's parameters
   */
  default long indivisible(List<Long> shape, Settings settings) {
    return 1;
  }

  /**
   * Reports what is wrong with values that are each within their bounds but do not go together.
   *
   * @param settings of one tensor
   * @param problems told of each, as a sentence fragment
   */
  default void check(Settings settings, Consumer<String> problems) {}

  /**
   * Starts to merge.
   *
   * @param group one tensor, or all of them if {@link #wholeModel()}
   */
  TensorMerge begin(MergeGroup group);
}
