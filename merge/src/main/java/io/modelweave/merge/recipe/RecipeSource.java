package io.modelweave.merge.recipe;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One model, or some layers of it, where a recipe uses it. A model that is used twice is two sources.
 *
 * @param model as the recipe names it
 * @param layers null for all
 * @param parameters what holds for this source alone
 * @param place line and column, for messages
 */
record RecipeSource(String model, @Nullable Range layers, Map<String, Setting> parameters, String place) {

  /** Layers from {@code start}, counted from 0, to the one before {@code end}. */
  record Range(int start, int end) {

    int length() {
      return end - start;
    }

    @Override
    public String toString() {
      return "[%d, %d]".formatted(start, end);
    }
  }
}
