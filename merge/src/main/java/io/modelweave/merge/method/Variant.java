package io.modelweave.merge.method;

/** Whose definition of a method holds where tools disagree. */
public enum Variant {
  /** The paper's: the default. */
  PAPER,
  /** What mergekit 0.1.4 computes, so that its recipes give its results. */
  MERGEKIT;

  /** Returns the name of a method in this variant. */
  public String name(String method) {
    return this == PAPER ? method : method + "/mergekit";
  }
}
