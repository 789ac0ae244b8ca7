package io.modelweave.merge.recipe;

import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.merge.engine.MergeOptions;
import io.modelweave.merge.method.MergeMethod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A merge in mergekit's YAML.
 *
 * <pre>{@code
 * Recipe recipe = Recipe.read(Path.of("slerp.yml"));
 * try (RecipePlan plan = recipe.plan(ModelLocator.in(Path.of("models")), MergeOptions.defaults())) {
 *   plan.writeTo(Path.of("merged"), WriteOptions.defaults());
 * }
 * }</pre>
 *
 * <p>Keys: {@code merge_method} (see {@link io.modelweave.merge.Mergekit#names}), {@code models} or {@code slices}, {@code base_model},
 * {@code parameters}, {@code dtype}, {@code out_dtype}. A parameter is looked up in the source or model, then in the slice, then in the
 * recipe; it is a number, a gradient (a list of numbers over the layers of a slice), or a list of {@code filter} and {@code value}, of which
 * the first whose filter is a part of the tensor's name counts. Embeddings, final norm and head take the first value of a gradient, as in
 * mergekit. Anything else is refused: unknown keys, parameters that the method does not have, values out of bounds.
 *
 * <p>Where this is not mergekit: numbers are computed in double and rounded once, so {@code dtype} and {@code out_dtype} both name the
 * type of the output ({@code out_dtype} wins) and inputs are never rounded to {@code dtype} first; a model that is used twice counts
 * twice; a final slice with more sources than the first merges final norm and head of all of them; models of different vocabulary are
 * refused. Immutable.
 */
public final class Recipe {

  private final String source;
  private final String text;
  private final String methodName;
  private final MergeMethod method;
  private final @Nullable String baseModel;
  private final boolean whole;
  private final List<RecipeSlice> slices;
  private final Map<String, Setting> parameters;
  private final @Nullable ElementType type;

  Recipe(String source, String text, String methodName, MergeMethod method, @Nullable String baseModel, boolean whole, List<RecipeSlice> slices,
      Map<String, Setting> parameters, @Nullable ElementType type) {
    this.source = source;
    this.text = text;
    this.methodName = methodName;
    this.method = method;
    this.baseModel = baseModel;
    this.whole = whole;
    this.slices = List.copyOf(slices);
    this.parameters = Map.copyOf(parameters);
    this.type = type;
  }

  /**
   * Returns the recipe in a file.
   *
   * @throws RecipeException with everything that is wrong with it, each with line and column
   * @throws UncheckedIOException if it cannot be read
   */
  public static Recipe read(Path file) {
    try {
      return RecipeParser.parse(Files.readString(file), file.toString());
    } catch (CharacterCodingException e) {
      throw new RecipeException(file.toString(), List.of("it is not UTF-8 text"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Returns the recipe in a text.
   *
   * @throws RecipeException with everything that is wrong with it, each with line and column
   */
  public static Recipe parse(String yaml) {
    return RecipeParser.parse(yaml, "recipe");
  }

  /** Returns mergekit's name of the method. */
  public String mergeMethod() {
    return methodName;
  }

  /** Returns the name of the common ancestor, or of the first model of {@code slerp}. */
  public Optional<String> baseModel() {
    return Optional.ofNullable(baseModel);
  }

  /** Returns the names of all models, each once, in the order of the recipe. */
  public List<String> models() {
    Set<String> names = new LinkedHashSet<>();
    slices.forEach(slice -> slice.sources().forEach(model -> names.add(model.model())));
    slices.stream().map(RecipeSlice::baseModel).filter(base -> base != null).forEach(names::add);
    baseModel().ifPresent(names::add);
    return List.copyOf(names);
  }

  /**
   * Opens the models and returns what would be done, with everything that stands in the way; reads headers only.
   *
   * @param models finds them
   */
  public RecipePlan plan(ModelLocator models, MergeOptions options) {
    return RecipePlanner.plan(this, models, options);
  }

  /**
   * Opens the models and returns what would be done, with everything that stands in the way; reads headers only.
   *
   * @param directory where names of models that are no absolute paths begin
   */
  public RecipePlan plan(Path directory) {
    return plan(ModelLocator.in(directory), MergeOptions.defaults());
  }

  String source() {
    return source;
  }

  /** The YAML. */
  String text() {
    return text;
  }

  MergeMethod method() {
    return method;
  }

  /** Whether it has models in place of slices: one slice of all layers. */
  boolean whole() {
    return whole;
  }

  List<RecipeSlice> slices() {
    return slices;
  }

  Map<String, Setting> parameters() {
    return parameters;
  }

  /** The type of the output; null for that of the models. */
  @Nullable ElementType type() {
    return type;
  }
}
