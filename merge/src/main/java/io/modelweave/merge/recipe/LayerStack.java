package io.modelweave.merge.recipe;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * The stack of layers that slices cut.
 *
 * @param prefix what its tensors are called up to the layer's number
 */
record LayerStack(String prefix) {

  private static final Pattern EMBEDDING = Pattern.compile("embed(?!_out)|wte|wpe|embd");

  /** Finds the stack that all models have; a configuration decides between several. */
  static LayerStack find(InputModel leading, Collection<InputModel> models, Consumer<String> problems) {
    Map<String, Integer> stacks = LayerName.stacks(leading.checkpoint());
    OptionalInt configured = leading.configuredLayers();
    List<String> candidates = new ArrayList<>(stacks.keySet());
    if (configured.isPresent()) {
      candidates.removeIf(prefix -> stacks.get(prefix) != configured.getAsInt());
    }
    if (candidates.size() != 1) {
      problems.accept("slices need one stack of layers, but %s has %s%s".formatted(leading.name(), stacks.isEmpty() ? "none" : stacks,
          configured.isPresent() ? ", and %d by its config.json".formatted(configured.getAsInt()) : ""));
      return new LayerStack("");
    }
    LayerStack stack = new LayerStack(candidates.get(0));
    models.forEach(model -> stack.damage(model).ifPresent(problems));
    return stack;
  }

  private Optional<String> damage(InputModel model) {
    TreeSet<Integer> present = LayerName.indices(model.checkpoint(), prefix);
    OptionalInt configured = model.configuredLayers();
    if (present.isEmpty()) {
      return Optional.of("%s has no layers called %s*, only %s".formatted(model.name(), prefix, LayerName.stacks(model.checkpoint())));
    }
    if (present.last() != present.size() - 1 || configured.isPresent() && configured.getAsInt() != present.size()) {
      return Optional.of("%s has the layers %s%s".formatted(model.name(), present,
          configured.isPresent() ? ", but %d by its config.json".formatted(configured.getAsInt()) : "; some are missing"));
    }
    return Optional.empty();
  }

  /** Returns what is wrong with the range of an input. */
  Optional<String> problem(SliceInputs.Input input) {
    RecipeSource.Range range = input.source().layers();
    int layers = LayerName.indices(input.model().checkpoint(), prefix).size();
    return range == null || range.end() <= layers ? Optional.empty()
        : Optional.of("%s: layer_range %s goes past the %d layers of %s"
            .formatted(input.source().place(), range, layers, input.source().model()));
  }

  /** Returns what the tensors of a layer are called after its number. */
  List<String> suffixes(InputModel model, int layer) {
    return model.checkpoint().names().stream().map(LayerName::of).flatMap(Optional::stream)
        .filter(name -> name.index() == layer && name.prefix().equals(prefix)).map(LayerName::suffix).toList();
  }

  /** Returns whether a tensor is in front of the layers, as an embedding is. */
  boolean isBefore(String tensor) {
    return !isInside(tensor) && EMBEDDING.matcher(tensor).find();
  }

  /** Returns whether a tensor is behind the layers, as the final norm and the head are. */
  boolean isAfter(String tensor) {
    return !isInside(tensor) && !EMBEDDING.matcher(tensor).find();
  }

  private boolean isInside(String tensor) {
    return LayerName.of(tensor).filter(name -> name.prefix().equals(prefix)).isPresent();
  }
}
