package io.modelweave.merge.recipe;

import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** The value of a parameter as a recipe gives it: a number, a gradient over layers, or one of these for each group of tensors. */
sealed interface Setting {

  /**
   * Returns the value for a tensor; empty if no filter matches, so that the next level decides.
   *
   * @param tensor name that filters are matched with
   * @param depth place of the tensor's layer in its slice, in [0, 1]
   */
  OptionalDouble at(String tensor, double depth);

  /** The same everywhere. */
  record Constant(double value) implements Setting {

    @Override
    public OptionalDouble at(String tensor, double depth) {
      return OptionalDouble.of(value);
    }
  }

  /**
   * Straight lines between values at equal distances of depth.
   *
   * @param flag whether everything but 0 counts as 1
   */
  record Gradient(List<Double> values, boolean flag) implements Setting {

    @Override
    public OptionalDouble at(String tensor, double depth) {
      double place = depth * (values.size() - 1);
      int below = (int) place;
      double share = place - below;
      double value = (1 - share) * values.get(below) + share * values.get(Math.min(values.size() - 1, below + 1));
      return OptionalDouble.of(flag && value != 0 ? 1 : value);
    }
  }

  /** The value of the first case that matches. */
  record Filtered(List<Case> cases) implements Setting {

    @Override
    public OptionalDouble at(String tensor, double depth) {
      return cases.stream().filter(candidate -> candidate.matches(tensor)).findFirst()
          .map(found -> found.value().at(tensor, depth)).orElse(OptionalDouble.empty());
    }
  }

  /**
   * A value for some tensors.
   *
   * @param filter a part of their names; null or {@code *} for all
   */
  record Case(@Nullable String filter, Setting value) {

    boolean matches(String tensor) {
      return filter == null || filter.equals("*") || tensor.contains(filter);
    }
  }
}
