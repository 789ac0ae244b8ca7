package io.modelweave.merge.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modelweave.merge.MergePlan;
import io.modelweave.merge.engine.MergeOptions;
import io.modelweave.merge.engine.Source;
import io.modelweave.merge.engine.TensorJob;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Makes one job for each tensor of the output of a recipe. */
final class RecipePlanner {

  /** Constants that some checkpoints store and others compute. */
  private static final List<String> CONSTANTS = List.of("rotary_emb.inv_freq", "attn.masked_bias");

  private final RecipeDocument recipe;
  private final Map<String, InputModel> models;
  private final InputModel leading;
  private final List<String> problems = new ArrayList<>();
  private final Set<String> notes = new LinkedHashSet<>();
  private final List<TensorJob> jobs = new ArrayList<>();
  private boolean untied;

  /**
   * Creates a planner.
   *
   * @param models those of the recipe by name, at least
   */
  RecipePlanner(RecipeDocument recipe, Map<String, InputModel> models) {
    this.recipe = recipe;
    this.models = new LinkedHashMap<>(models);
    this.models.keySet().retainAll(recipe.models());
    this.leading = Objects.requireNonNull(models.get(recipe.leading()));
  }

  /** Returns one job for each tensor, or what stands in the way. */
  PlannedDocument plan(MergeOptions options, Map<String, String> metadata) {
    List<SliceInputs> slices = recipe.slices().stream()
        .flatMap(slice -> SliceInputs.of(recipe, slice, models, this::addOnce, notes::add).stream()).toList();
    ObjectNode configuration = leading.configuration();
    Map<String, String> tied = tied(slices);
    if (problems.isEmpty() && recipe.whole()) {
      planWhole(slices.get(0), tied);
    } else if (problems.isEmpty()) {
      configuration = planSlices(slices, tied);
    }
    ObjectNode adjusted = configuration == null ? null : adjusted(configuration);
    notes.addAll(new ModelDifferences(leading).notes(models.values()));
    MergePlan plan = MergePlan.of(jobs, options).withMetadata(metadata).withTied(tied);
    return new PlannedDocument(plan, jobs, problems, List.copyOf(notes), adjusted, leading.path());
  }

  private ObjectNode adjusted(ObjectNode configuration) {
    ObjectNode typed = recipe.type() == null ? configuration : OutputConfiguration.withType(configuration, recipe.type());
    return untied ? OutputConfiguration.untied(typed) : typed;
  }

  /** Names that one tensor has in every model; only where embedding and head have the same models. */
  private Map<String, String> tied(List<SliceInputs> slices) {
    Map<String, String> common = leading.checkpoint().tied();
    boolean same = slices.isEmpty() || slices.get(0).all().stream().map(SliceInputs.Input::model).toList()
        .equals(slices.get(slices.size() - 1).all().stream().map(SliceInputs.Input::model).toList());
    return same && models.values().stream().allMatch(model -> model.checkpoint().tied().equals(common)) ? common : Map.of();
  }

  private void planWhole(SliceInputs inputs, Map<String, String> tied) {
    Map<String, Integer> stacks = LayerName.stacks(leading.checkpoint());
    for (SliceInputs.Input input : inputs.all()) {
      Map<String, Integer> other = LayerName.stacks(input.model().checkpoint());
      if (!other.equals(stacks)) {
        problems.add("%s has the layers %s, and %s has %s; %s".formatted(leading.name(), stacks, input.model().name(), other,
            other.keySet().equals(stacks.keySet()) ? "models of different depth are combined by slices"
                : "models whose layers have different names are not merged"));
      }
    }
    Set<String> names = problems.isEmpty() ? names(inputs) : Set.of();
    for (String name : names) {
      if (!tied.containsKey(name)) {
        double depth = LayerName.of(name).map(layer -> depth(layer.index(), stacks.get(layer.prefix()))).orElse(0.0);
        plan(name, inputs, input -> name, depth);
      }
    }
  }

  private @Nullable ObjectNode planSlices(List<SliceInputs> slices, Map<String, String> tied) {
    LayerStack stack = LayerStack.find(leading, models.values(), this::addOnce);
    if (problems.isEmpty()) {
      slices.forEach(slice -> slice.all().forEach(input -> stack.problem(input).ifPresent(this::addOnce)));
    }
    if (!problems.isEmpty()) {
      return null;
    }
    SliceInputs first = slices.get(0);
    SliceInputs last = slices.get(slices.size() - 1);
    names(first).stream().filter(name -> stack.isBefore(name) && !tied.containsKey(name))
        .forEach(name -> plan(name, first, input -> name, 0));
    List<OutputConfiguration.Origin> origins = new ArrayList<>();
    for (SliceInputs slice : slices) {
      for (int k = 0; k < slice.length(); k++) {
        RecipeSource source = slice.slice().sources().get(0);
        origins.add(new OutputConfiguration.Origin(Objects.requireNonNull(models.get(source.model())).configuration(), start(source) + k));
        planLayer(slice, k, origins.size() - 1, stack);
      }
    }
    names(last).stream().filter(name -> stack.isAfter(name) && !tied.containsKey(name)).forEach(name -> plan(name, last, input -> name, 0));
    return leading.configuration() == null ? null : OutputConfiguration.withLayers(leading.configuration(), origins);
  }

  private void planLayer(SliceInputs slice, int offset, int layer, LayerStack stack) {
    Set<String> suffixes = new LinkedHashSet<>();
    slice.all().forEach(input -> suffixes.addAll(stack.suffixes(input.model(), start(input.source()) + offset)));
    suffixes.forEach(suffix -> plan(new LayerName(stack.prefix(), layer, suffix).at(layer), slice,
        input -> stack.prefix() + (start(input.source()) + offset) + suffix, depth(offset, slice.length())));
  }

  private static int start(RecipeSource source) {
    return Objects.requireNonNull(source.layers()).start();
  }

  private static double depth(int layer, int layers) {
    return layers <= 1 ? 1 : layer / (layers - 1.0);
  }

  private void plan(String name, SliceInputs inputs, Function<SliceInputs.Input, String> inputName, double depth) {
    List<Source> sources = inputs.models().stream().map(input -> source(input, inputName.apply(input))).toList();
    Source base = inputs.base() == null ? null : source(inputs.base(), inputName.apply(inputs.base()));
    List<Source> all = new ArrayList<>(sources);
    if (base != null) {
      all.add(base);
    }
    List<Source> present = all.stream().filter(source -> source.checkpoint().contains(source.name())).toList();
    if (!present.isEmpty() && present.size() < all.size() && CONSTANTS.stream().anyMatch(name::endsWith)) {
      jobs.add(TensorJob.copy(name, present.get(0)));
      return;
    }
    RecipeParameters parameters = new RecipeParameters(recipe, inputs, inputs.models().stream().map(inputName).toList(), depth);
    parameters.modelsWithoutWeight(name).forEach(model -> addOnce("%s needs weight of %s".formatted(recipe.methodName(), model)));
    TensorJob job = TensorJob.merge(name, inputs.method(), sources, base, parameters);
    if (!present.isEmpty() && !present.get(0).info().type().isFloatingPoint()) {
      jobs.add(job.copying());
    } else {
      jobs.add(recipe.type() == null ? job : job.as(recipe.type()));
    }
  }

  private Source source(SliceInputs.Input input, String name) {
    Source source = input.model().source(name);
    untied |= !source.name().equals(name);
    return source;
  }

  /** The tensors of all models, those of the first in front. */
  private static Set<String> names(SliceInputs inputs) {
    Set<String> names = new LinkedHashSet<>();
    inputs.all().forEach(input -> names.addAll(input.model().checkpoint().names()));
    return names;
  }

  private void addOnce(String problem) {
    if (!problems.contains(problem)) {
      problems.add(problem);
    }
  }
}
