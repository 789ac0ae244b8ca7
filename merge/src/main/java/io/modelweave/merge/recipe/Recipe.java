package io.modelweave.merge.recipe;

import io.modelweave.merge.engine.MergeOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A merge in mergekit's YAML.
 *
 * <pre>{@code
 * Recipe recipe = Recipe.read(Path.of("slerp.yml"));
 * try (RecipePlan plan = recipe.plan(Path.of("models"))) {
 *   plan.writeTo(Path.of("merged"), WriteOptions.defaults());
 * }
 * }</pre>
 *
 * <p>Keys: {@code merge_method} (see {@link io.modelweave.merge.Mergekit#names}), {@code models} or {@code slices}, {@code base_model},
 * {@code parameters}, {@code dtype}, {@code out_dtype}. A parameter is looked up in the source or model, then in the slice, then in the
 * recipe; it is a number, a gradient (a list of numbers over the layers of a slice), or a list of {@code filter} and {@code value}, of
 * which the first whose filter is a part of the tensor's name counts. Embeddings, final norm and head take the first value of a
 * gradient, as in mergekit. A file may hold several recipes after {@code ---}: all but the last have a {@code name} (or {@code
 * out_path}) by which later ones use their output as a model. Anything else is refused: unknown keys, parameters that the method does
 * not have, values out of bounds.
 *
 * <p>Where this is not mergekit: numbers are computed in double and rounded once, so {@code dtype} and {@code out_dtype} both name the
 * type of the output ({@code out_dtype} wins) and inputs are never rounded to {@code dtype} first; a model that is used twice counts
 * twice; a final slice with more sources than the first merges final norm and head of all of them; a tied head that is not stored is
 * the embedding; models of different vocabulary are refused. Immutable.
 */
public final class Recipe {

  private final String source;
  private final String text;
  private final List<RecipeDocument> documents;

  Recipe(String source, String text, List<RecipeDocument> documents) {
    this.source = source;
    this.text = text;
    this.documents = List.copyOf(documents);
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
    } catch (FileSystemException e) {
      throw new UncheckedIOException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(new FileSystemException(file.toString(), null, "cannot be read: " + e.getMessage()));
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

  /** Returns mergekit's name of the method; of the last recipe of several. */
  public String mergeMethod() {
    return last().methodName();
  }

  /** Returns the name of the common ancestor, or of the first model of {@code slerp}; of the last recipe of several. */
  public Optional<String> baseModel() {
    return Optional.ofNullable(last().baseModel());
  }

  /** Returns the names of all models, each once, in the order of the recipe; of the last recipe of several. */
  public List<String> models() {
    return last().models();
  }

  /**
   * Opens the models and returns what would be done, with everything that stands in the way; reads headers only.
   *
   * @param models finds them
   */
  public RecipePlan plan(ModelLocator models, MergeOptions options) {
    return RecipePlan.of(this, models, options);
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

  /** The recipes of the file; the output is that of the last. */
  List<RecipeDocument> documents() {
    return documents;
  }

  private RecipeDocument last() {
    return documents.get(documents.size() - 1);
  }
}
