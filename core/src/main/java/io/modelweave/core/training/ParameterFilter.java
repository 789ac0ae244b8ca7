package io.modelweave.core.training;

/** Which parameters of a model are trained, by name; all others are frozen. */
@FunctionalInterface
public interface ParameterFilter {

  /** Returns whether the parameter is trained. */
  boolean trains(String parameterName);

  /** Trains everything. */
  static ParameterFilter all() {
    return name -> true;
  }

  /** Trains the MLPs alone, as the paper's specialists were: attention, norms, embeddings and head stay those of the base. */
  static ParameterFilter mlps() {
    return name -> name.contains(".mlp.");
  }

  /** Trains the routers alone; every expert is frozen. */
  static ParameterFilter routers() {
    return name -> name.contains(".router.");
  }
}
