package io.modelweave.merge;

import io.modelweave.merge.method.MergeMethod;
import io.modelweave.merge.method.Parameter;
import io.modelweave.merge.method.ParameterSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** Parameters as someone set them, by name; each one value for all models, or one for each. */
record GivenParameters(Map<String, List<Schedule>> values) {

  static final GivenParameters NONE = new GivenParameters(Map.of());

  /** The name under which the weight of the second of two models is set, whatever the method calls it. */
  static final String ALPHA = "alpha";

  GivenParameters {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  GivenParameters with(String parameter, List<Schedule> schedules) {
    Map<String, List<Schedule>> all = new LinkedHashMap<>(values);
    all.put(parameter, List.copyOf(schedules));
    return new GivenParameters(all);
  }

  /** Returns these values under the names of a method; alpha becomes its {@code t}, or the weights of two models. */
  GivenParameters forMethod(MergeMethod method, int models) {
    List<Schedule> alpha = values.get(ALPHA);
    if (alpha == null || has(method, ALPHA)) {
      return this;
    }
    Map<String, List<Schedule>> all = new LinkedHashMap<>(values);
    if (has(method, "t")) {
      all.remove(ALPHA);
      all.put("t", alpha);
    } else if (has(method, "weight") && models == 2 && !values.containsKey("weight")) {
      all.remove(ALPHA);
      all.put("weight", List.of(alpha.get(0).complement(), alpha.get(0)));
    }
    return new GivenParameters(all);
  }

  List<String> problems(MergeMethod method, int models) {
    List<String> problems = new ArrayList<>();
    List<String> names = method.parameters().stream().map(Parameter::name).toList();
    values.forEach((name, schedules) -> {
      Parameter parameter = method.parameters().stream().filter(candidate -> candidate.name().equals(name)).findFirst().orElse(null);
      if (parameter == null) {
        problems.add(name.equals(ALPHA) && names.contains("weight")
            ? "alpha is for two models without weights, not for %d; give weights".formatted(models)
            : "%s has no parameter \"%s\"; it has %s".formatted(method.name(), name, names));
      } else if (schedules.size() != 1 && schedules.size() != (parameter.perModel() ? models : 1)) {
        problems.add("%d values of %s for %s".formatted(schedules.size(), name, parameter.perModel() ? models + " models"
            : "the whole merge"));
      }
    });
    return problems;
  }

  ParameterSource source(int layers) {
    return (tensor, model, parameter) -> {
      List<Schedule> schedules = values.get(parameter);
      if (schedules == null || schedules.isEmpty()) {
        return OptionalDouble.empty();
      }
      Schedule schedule = schedules.get(Math.min(Math.max(0, model), schedules.size() - 1));
      return OptionalDouble.of(schedule.at(tensor, layers));
    };
  }

  private static boolean has(MergeMethod method, String parameter) {
    return method.parameters().stream().anyMatch(candidate -> candidate.name().equals(parameter));
  }
}
