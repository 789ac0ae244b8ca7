package io.modelweave.merge.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modelweave.core.Checkpoint;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.merge.MergePlan;
import io.modelweave.merge.MergeReport;
import io.modelweave.merge.WriteOptions;
import io.modelweave.merge.engine.TensorJob;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A recipe with its models open: what comes out, what each tensor is made of, and everything that stands in the way. */
public final class RecipePlan implements AutoCloseable {

  private final Recipe recipe;
  private final OpenModels models;
  private final MergePlan merge;
  private final List<TensorJob> jobs;
  private final List<String> problems;
  private final List<String> notes;
  private final @Nullable ObjectNode configuration;
  private final @Nullable Path leading;

  RecipePlan(Recipe recipe, OpenModels models, MergePlan merge, List<TensorJob> jobs, List<String> problems, List<String> notes,
      @Nullable ObjectNode configuration, @Nullable Path leading) {
    this.recipe = recipe;
    this.models = models;
    this.merge = merge;
    this.jobs = List.copyOf(jobs);
    this.problems = new ArrayList<>(problems);
    this.problems.addAll(merge.problems());
    this.notes = notes;
    this.configuration = configuration;
    this.leading = leading;
  }

  /** Returns one sentence fragment for everything that stands in the way; empty if the merge can run. */
  public List<String> problems() {
    return List.copyOf(problems);
  }

  /** Returns one sentence for everything that is worth knowing and does not stand in the way. */
  public List<String> notes() {
    return notes;
  }

  /** Returns one entry for each tensor of the output, in its order. */
  public List<TensorJob> jobs() {
    return jobs;
  }

  /** Returns the recipe. */
  public Recipe recipe() {
    return recipe;
  }

  /**
   * Returns the plan of the engine.
   *
   * @throws ModelMismatchException with all {@link #problems()}
   */
  public MergePlan merge() {
    requireSound(List.of());
    return merge;
  }

  /** Returns the {@code config.json} of the output as JSON; empty if the leading model is a single file. */
  public Optional<String> configuration() {
    return Optional.ofNullable(configuration).map(ObjectNode::toPrettyString);
  }

  /**
   * Returns the merged model in memory, independent of the models.
   *
   * @throws ModelMismatchException with all {@link #problems()}
   * @throws io.modelweave.merge.engine.NonFiniteTensorException if NaN or infinity turns up and is refused
   */
  public Checkpoint toCheckpoint() {
    return merge().merge();
  }

  /**
   * Writes the merged model, with {@code config.json} and the tokenizer of {@code base_model}, or else of the first model, if the output is
   * a directory.
   *
   * @param fileOrDirectory as for {@link MergePlan#writeTo}
   * @throws ModelMismatchException with all {@link #problems()}, files that are there already included
   * @throws io.modelweave.merge.engine.NonFiniteTensorException if NaN or infinity turns up and is refused; nothing is written then
   * @throws java.io.UncheckedIOException if a file cannot be read or written
   */
  public MergeReport writeTo(Path fileOrDirectory, WriteOptions how) {
    boolean directory = !fileOrDirectory.toString().endsWith(".safetensors");
    CompanionFiles companions = new CompanionFiles(fileOrDirectory, leading, configuration().orElse(null));
    requireSound(directory ? companions.problems(how) : List.of());
    MergeReport report = merge.writeTo(fileOrDirectory, how);
    if (directory) {
      companions.write();
    }
    return report;
  }

  private void requireSound(List<String> more) {
    List<String> all = new ArrayList<>(problems);
    all.addAll(more);
    if (!all.isEmpty()) {
      throw new ModelMismatchException("cannot merge by " + recipe.source(), all);
    }
  }

  /** Closes the models. */
  @Override
  public void close() {
    models.close();
  }
}
