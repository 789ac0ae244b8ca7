package io.modelweave.merge.method;

/**
 * What a method takes.
 *
 * @param fewest the smallest number of models, the base not counted
 * @param most the largest number of models
 * @param base whether it takes a base
 */
public record Inputs(int fewest, int most, Base base) {

  /** Whether a method takes a base: the common ancestor that task vectors are differences from. */
  public enum Base {
    /** There must be one. */
    REQUIRED,
    /** There may be one. */
    OPTIONAL,
    /** A base has no meaning to the method. */
    UNUSED
  }

  /** Returns a requirement of at least so many models. */
  public static Inputs atLeast(int fewest, Base base) {
    return new Inputs(fewest, Integer.MAX_VALUE, base);
  }

  /** Returns a requirement of exactly so many models. */
  public static Inputs exactly(int count, Base base) {
    return new Inputs(count, count, base);
  }
}
