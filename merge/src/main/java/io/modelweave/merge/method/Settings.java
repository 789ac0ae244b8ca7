package io.modelweave.merge.method;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Consumer;

/** The values of a method's parameters for one tensor, checked. */
public final class Settings {

  /** No parameters at all. */
  public static final Settings NONE = new Settings(Map.of());

  private final Map<String, double[]> values;

  private Settings(Map<String, double[]> values) {
    this.values = values;
  }

  /**
   * Returns the values of all parameters of a method.
   *
   * @param tensor the name of the output tensor
   * @param models how many models the tensor is made of
   * @param source asked first; defaults hold where it says nothing
   * @param problems told of every value that is missing or out of bounds
   */
  public static Settings resolve(MergeMethod method, String tensor, int models, ParameterSource source, Consumer<String> problems) {
    Map<String, double[]> values = new LinkedHashMap<>();
    for (Parameter parameter : method.parameters()) {
      double[] resolved = new double[parameter.perModel() ? models : 1];
      for (int i = 0; i < resolved.length; i++) {
        int model = parameter.perModel() ? i : ParameterSource.METHOD;
        OptionalDouble given = source.value(tensor, model, parameter.name());
        if (given.isEmpty() && parameter.required()) {
          problems.accept("%s needs %s%s, and no value is given".formatted(method.name(), parameter.name(), of(parameter, i)));
        }
        resolved[i] = given.orElse(parameter.defaultValue());
        if (given.isPresent()) {
          String of = of(parameter, i);
          parameter.problemWith(resolved[i]).ifPresent(problem -> problems.accept(problem + of));
        }
      }
      values.put(parameter.name(), resolved);
    }
    return new Settings(values);
  }

  private static String of(Parameter parameter, int model) {
    return parameter.perModel() ? " of model " + model : "";
  }

  /** Returns the value of a parameter that is not per model. */
  public double number(String parameter) {
    return of(parameter)[0];
  }

  /** Returns whether a switch is on. */
  public boolean flag(String parameter) {
    return number(parameter) != 0;
  }

  /** Returns the value for each model. */
  public double[] ofModels(String parameter) {
    return of(parameter).clone();
  }

  /** Returns the names of all parameters with their values, one for each model where a parameter has as many. */
  public Map<String, List<Double>> asMap() {
    Map<String, List<Double>> map = new LinkedHashMap<>();
    values.forEach((name, numbers) -> map.put(name, java.util.Arrays.stream(numbers).boxed().toList()));
    return map;
  }

  private double[] of(String parameter) {
    double[] found = values.get(parameter);
    if (found == null) {
      throw new IllegalArgumentException("there is no parameter \"%s\", only %s".formatted(parameter, values.keySet()));
    }
    return found;
  }
}
