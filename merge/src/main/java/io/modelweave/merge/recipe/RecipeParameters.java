package io.modelweave.merge.recipe;

import io.modelweave.merge.method.ParameterSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * The parameters of one tensor: those of the source, then of the slice, then of the recipe; the first that says something counts.
 *
 * @param recipe the outermost level
 * @param inputs the inner levels
 * @param inputNames what the tensor is called in each model: filters of parameters that each model has are matched with these, others
 *     with the name in the output
 * @param depth place of the layer in its slice, in [0, 1]; 0 outside the layers
 */
record RecipeParameters(RecipeDocument recipe, SliceInputs inputs, List<String> inputNames, double depth) implements ParameterSource {

  private static final String WEIGHT = "weight";

  @Override
  public OptionalDouble value(String tensor, int model, String parameter) {
    List<Map<String, Setting>> levels = new ArrayList<>();
    if (model != METHOD) {
      levels.add(inputs.models().get(model).source().parameters());
    }
    levels.add(inputs.slice().parameters());
    levels.add(recipe.parameters());
    String name = model == METHOD ? tensor : inputNames.get(model);
    return levels.stream().map(level -> level.get(parameter)).filter(Objects::nonNull).map(setting -> setting.at(name, depth))
        .filter(OptionalDouble::isPresent).findFirst().orElse(OptionalDouble.empty());
  }

  /** Returns the models that no level gives a weight for this tensor; as in mergekit, a recipe leaves none to a default. */
  List<String> modelsWithoutWeight(String tensor) {
    if (inputs.method().parameters().stream().noneMatch(parameter -> parameter.perModel() && parameter.name().equals(WEIGHT))) {
      return List.of();
    }
    return IntStream.range(0, inputs.models().size()).filter(model -> value(tensor, model, WEIGHT).isEmpty())
        .mapToObj(model -> inputs.models().get(model).source().model()).toList();
  }
}
