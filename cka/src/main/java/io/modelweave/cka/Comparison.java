package io.modelweave.cka;

import java.util.List;

/** What a {@link Similarity} found between two sets of features of the same samples. */
public interface Comparison {

  /** Returns the number of the measure, in its {@link Traits#lowest() range} up to rounding; NaN exactly if it is undefined. */
  double value();

  /** Returns the number of samples. */
  int n();

  /** Returns the width of x. */
  int p();

  /** Returns the width of y. */
  int q();

  /** Returns sentences about what makes the value hard to read or, naming the side, undefined; empty if nothing does. */
  List<String> warnings();

  /** Returns whether there is a value: false if a side is constant over the samples, or the measure divides zero by zero. */
  default boolean isDefined() {
    return !Double.isNaN(value());
  }
}
