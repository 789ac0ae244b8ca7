package io.modelweave.merge.recipe;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A run of layers of the output.
 *
 * @param sources what each of its layers is made of
 * @param parameters what holds for the slice
 * @param baseModel of the slice alone; null for that of the recipe
 * @param place line and column, for messages
 */
record RecipeSlice(List<RecipeSource> sources, Map<String, Setting> parameters, @Nullable String baseModel, String place) {

  RecipeSlice {
    sources = List.copyOf(sources);
  }
}
