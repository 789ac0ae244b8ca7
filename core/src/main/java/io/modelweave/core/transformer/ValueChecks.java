package io.modelweave.core.transformer;

import java.util.ArrayList;
import java.util.List;

/** Checks of a configuration's values that report all problems at once. */
final class ValueChecks {

  private final List<String> problems = new ArrayList<>();

  ValueChecks positive(String name, double value) {
    return that(value > 0, "%s is %s, must be positive", name, value == Math.rint(value) ? Long.toString((long) value) : value);
  }

  ValueChecks multiple(String name, int value, String divisorName, int divisor) {
    return that(divisor <= 0 || value % divisor == 0, "%s %d is not a multiple of %s %d", name, value, divisorName, divisor);
  }

  ValueChecks that(boolean holds, String problem, Object... values) {
    if (!holds) {
      problems.add(problem.formatted(values));
    }
    return this;
  }

  /** Throws what was found, all of it. */
  void require(String family) {
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException("not a %s configuration: %s".formatted(family, String.join("; ", problems)));
    }
  }
}
