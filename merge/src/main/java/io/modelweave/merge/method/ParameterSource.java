package io.modelweave.merge.method;

import java.util.OptionalDouble;

/** Where the values of parameters come from: a recipe, a schedule over depth, or a constant. */
@FunctionalInterface
public interface ParameterSource {

  /** The model number of parameters that are not per model. */
  int METHOD = -1;

  /** Says nothing, so that every default holds. */
  ParameterSource DEFAULTS = (tensor, model, parameter) -> OptionalDouble.empty();

  /**
   * Returns the value of a parameter for a tensor; empty for the default.
   *
   * @param tensor the name of the output tensor
   * @param model counted from 0 in the order of the tensor's models, or {@link #METHOD}
   * @param parameter its name
   */
  OptionalDouble value(String tensor, int model, String parameter);
}
