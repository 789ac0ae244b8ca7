package io.modelweave.merge.recipe;

import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.merge.method.MergeMethod;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One YAML document of a recipe: a merge.
 *
 * @param place line and column, for messages
 * @param name what later documents call its output; null if none can
 * @param methodName mergekit's name of the method
 * @param method the method
 * @param baseModel null if there is none
 * @param whole whether it has models in place of slices: one slice of all layers
 * @param slices in the order of the output
 * @param parameters what holds for all slices
 * @param type of the output; null for that of the models
 */
record RecipeDocument(String place, @Nullable String name, String methodName, MergeMethod method, @Nullable String baseModel, boolean whole,
    List<RecipeSlice> slices, Map<String, Setting> parameters, @Nullable ElementType type) {

  RecipeDocument {
    slices = List.copyOf(slices);
    parameters = Map.copyOf(parameters);
  }

  /** Returns the names of all models, each once, in the order of the document. */
  List<String> models() {
    Set<String> names = new LinkedHashSet<>();
    slices.forEach(slice -> slice.sources().forEach(source -> names.add(source.model())));
    slices.stream().map(RecipeSlice::baseModel).filter(Objects::nonNull).forEach(names::add);
    if (baseModel != null) {
      names.add(baseModel);
    }
    return List.copyOf(names);
  }

  /** Returns the name of the model whose configuration and tokenizer the output gets. */
  String leading() {
    return baseModel == null ? models().get(0) : baseModel;
  }
}
