package io.modelweave.merge.recipe;

import io.modelweave.merge.Passthrough;
import io.modelweave.merge.method.Inputs;
import io.modelweave.merge.method.MergeMethod;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a slice is made of, in the order and the roles of the method.
 *
 * @param slice as the recipe has it
 * @param method how its tensors are merged
 * @param models what is merged
 * @param base the ancestor; null if there is none
 */
record SliceInputs(RecipeSlice slice, MergeMethod method, List<Input> models, @Nullable Input base) {

  /**
   * One use of a model.
   *
   * @param source the layers and parameters
   * @param model the tensors
   */
  record Input(RecipeSource source, InputModel model) {

    boolean isSameAs(Input other) {
      return model.name().equals(other.model.name()) && Objects.equals(source.layers(), other.source.layers());
    }
  }

  /** Returns all inputs, the base last. */
  List<Input> all() {
    return Stream.concat(models.stream(), Stream.ofNullable(base)).toList();
  }

  /** Returns how many layers the slice has; 0 for a whole model. */
  int length() {
    RecipeSource.Range range = slice.sources().isEmpty() ? null : slice.sources().get(0).layers();
    return range == null ? 0 : range.length();
  }

  /**
   * Arranges the sources of a slice; empty if something stands in the way.
   *
   * @param models those of the recipe by name
   * @param problems told what stands in the way
   * @param notes told what has no effect
   */
  static Optional<SliceInputs> of(RecipeDocument recipe, RecipeSlice slice, Map<String, InputModel> models, Consumer<String> problems,
      Consumer<String> notes) {
    BaseRole role = BaseRole.of(recipe.methodName(), recipe.method());
    String baseName = slice.baseModel() == null ? recipe.baseModel() : slice.baseModel();
    List<Input> listed = slice.sources().stream().map(source -> new Input(source, Objects.requireNonNull(models.get(source.model()))))
        .toList();
    if (baseName == null) {
      if (role == BaseRole.FIRST_MODEL || recipe.method().inputs().base() == Inputs.Base.REQUIRED) {
        problems.accept(recipe.methodName() + " needs base_model" + (role == BaseRole.FIRST_MODEL ? ": the model that t = 0 returns" : ""));
        return Optional.empty();
      }
      return Optional.of(arranged(recipe, slice, listed, null));
    }
    InputModel baseModel = Objects.requireNonNull(models.get(baseName));
    Optional<Input> found = listed.stream().filter(input -> input.model().name().equals(baseName)).findFirst();
    if (role == BaseRole.NONE) {
      if (found.isEmpty()) {
        notes.accept("%s does not merge base_model %s, which is not listed; only its configuration and tokenizer are copied"
            .formatted(recipe.methodName(), baseName));
      }
      return Optional.of(arranged(recipe, slice, listed, null));
    }
    if (found.isEmpty() && listed.stream().map(input -> input.source().layers()).distinct().count() > 1) {
      problems.accept(("%s: sources of different layers do not tell which layers of base_model %s belong to them;"
          + " list it with its layer_range").formatted(slice.place(), baseName));
      return Optional.empty();
    }
    RecipeSource.Range range = listed.isEmpty() ? null : listed.get(0).source().layers();
    Input base = found.orElseGet(() -> new Input(new RecipeSource(baseName, range, Map.of(), slice.place()), baseModel));
    if (role == BaseRole.ANY_MODEL) {
      return Optional.of(arranged(recipe, slice, found.isPresent() || !recipe.whole() ? listed : joined(listed, List.of(base)), null));
    }
    if (role == BaseRole.ANCESTOR && !base.source().parameters().isEmpty()) {
      notes.accept("%s: the parameters of base_model %s have no effect".formatted(base.source().place(), baseName));
    }
    List<Input> others = listed.stream().filter(input -> !input.isSameAs(base)).toList();
    return Optional.of(role == BaseRole.FIRST_MODEL ? arranged(recipe, slice, joined(List.of(base), others), null)
        : arranged(recipe, slice, others, base));
  }

  /** A slice of one source is that source, whatever the method, as in mergekit. */
  private static SliceInputs arranged(RecipeDocument recipe, RecipeSlice slice, List<Input> models, @Nullable Input base) {
    boolean alone = !recipe.whole() && slice.sources().size() == 1;
    if (alone && base != null && models.isEmpty()) {
      return new SliceInputs(slice, new Passthrough(), List.of(base), null);
    }
    if (alone && base == null && recipe.method().inputs().fewest() > 1) {
      Input only = models.get(models.size() - 1);
      return new SliceInputs(slice, new Passthrough(), List.of(only), null);
    }
    return new SliceInputs(slice, recipe.method(), models, base);
  }

  private static List<Input> joined(List<Input> some, List<Input> more) {
    List<Input> all = new ArrayList<>(some);
    all.addAll(more);
    return List.copyOf(all);
  }
}
