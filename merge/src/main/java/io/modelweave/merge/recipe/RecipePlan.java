package io.modelweave.merge.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.modelweave.core.AtomicFile;
import io.modelweave.core.Checkpoint;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.checkpoint.CheckpointWriter;
import io.modelweave.merge.MergePlan;
import io.modelweave.merge.MergeReport;
import io.modelweave.merge.WriteOptions;
import io.modelweave.merge.engine.MergeOptions;
import io.modelweave.merge.engine.TensorJob;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A recipe with its models open: what comes out, what each tensor is made of, and everything that stands in the way. */
public final class RecipePlan implements AutoCloseable {

  private final Recipe recipe;
  private final OpenModels models;
  private final List<StageCheckpoint> stages;
  private final @Nullable PlannedDocument last;
  private final List<String> problems;
  private final List<String> notes;
  private final int steps;

  private RecipePlan(Recipe recipe, OpenModels models, List<StageCheckpoint> stages, @Nullable PlannedDocument last, List<String> problems,
      List<String> notes) {
    this.recipe = recipe;
    this.models = models;
    this.stages = List.copyOf(stages);
    this.last = last;
    this.problems = List.copyOf(problems);
    this.notes = List.copyOf(notes);
    this.steps = jobs().size() + stages.stream().mapToInt(stage -> stage.names().size()).sum();
  }

  /** Opens the models and plans; what stands in the way is in the plan. */
  static RecipePlan of(Recipe recipe, ModelLocator locator, MergeOptions options) {
    OpenModels models = OpenModels.open(files(recipe), locator);
    List<String> problems = new ArrayList<>(models.problems());
    List<String> notes = new ArrayList<>();
    List<StageCheckpoint> stages = new ArrayList<>();
    Map<String, InputModel> known = new LinkedHashMap<>(models.byName());
    PlannedDocument planned = null;
    int documents = recipe.documents().size();
    for (int i = 0; i < documents && problems.isEmpty(); i++) {
      RecipeDocument document = recipe.documents().get(i);
      planned = new RecipePlanner(document, known).plan(options, Map.of("modelweave.recipe", recipe.text()));
      String where = documents == 1 ? "" : "recipe at %s: ".formatted(document.place());
      planned.problems().forEach(problem -> problems.add(where + problem));
      planned.notes().forEach(note -> notes.add(where + note));
      if (i < documents - 1 && problems.isEmpty()) {
        String name = Objects.requireNonNull(document.name());
        StageCheckpoint stage = new StageCheckpoint(name, planned.merge());
        stages.add(stage);
        known.put(name, new InputModel(name, planned.leading(), stage, planned.configuration()));
      }
    }
    return new RecipePlan(recipe, models, stages, planned, problems, notes);
  }

  /** The models that are not the output of an earlier recipe. */
  private static List<String> files(Recipe recipe) {
    Set<String> files = new LinkedHashSet<>();
    Set<String> made = new HashSet<>();
    for (RecipeDocument document : recipe.documents()) {
      document.models().stream().filter(model -> !made.contains(model)).forEach(files::add);
      if (document.name() != null) {
        made.add(document.name());
      }
    }
    return List.copyOf(files);
  }

  /** Returns one sentence fragment for everything that stands in the way; empty if the merge can run. */
  public List<String> problems() {
    return problems;
  }

  /** Returns one sentence for everything that is worth knowing and does not stand in the way. */
  public List<String> notes() {
    return notes;
  }

  /** Returns one entry for each tensor of the output, in its order. */
  public List<TensorJob> jobs() {
    return last == null ? List.of() : last.jobs();
  }

  /** Returns how many tensors will be computed, those of earlier recipes of the file included. */
  public int steps() {
    return steps;
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
    return sound(List.of()).merge();
  }

  /** Returns the {@code config.json} of the output as JSON; empty if the leading model is a single file. */
  public Optional<String> configuration() {
    return Optional.ofNullable(last).map(PlannedDocument::configuration).map(ObjectNode::toPrettyString);
  }

  /**
   * Returns the merged model in memory, independent of the models.
   *
   * @throws ModelMismatchException with all {@link #problems()}
   * @throws io.modelweave.merge.engine.NonFiniteTensorException if NaN or infinity turns up and is refused
   */
  public Checkpoint toCheckpoint() {
    MergePlan merge = merge();
    stages.forEach(StageCheckpoint::compute);
    return merge.merge();
  }

  /**
   * Writes the merged model, with {@code config.json} and the tokenizer of {@code base_model}, or else of the first model, if the output
   * is a directory. The output of earlier recipes of the file is written beside it and removed.
   *
   * @param fileOrDirectory as for {@link MergePlan#writeTo}
   * @throws ModelMismatchException with all {@link #problems()}, files that are there already included
   * @throws io.modelweave.merge.engine.NonFiniteTensorException if NaN or infinity turns up and is refused; nothing is written then
   * @throws java.io.UncheckedIOException if a file cannot be read or written
   */
  public MergeReport writeTo(Path fileOrDirectory, WriteOptions how) {
    boolean directory = !fileOrDirectory.toString().endsWith(".safetensors");
    CompanionFiles companions = new CompanionFiles(fileOrDirectory, last == null ? null : last.leading(), configuration().orElse(null));
    List<String> problemsThere = new ArrayList<>(directory ? companions.problems(how) : List.of());
    models.at(fileOrDirectory).forEach(model ->
        problemsThere.add("the output would replace model %s; write somewhere else".formatted(model)));
    if (!stages.isEmpty() && how.resume() != WriteOptions.Resume.OFF) {
      problemsThere.add("a file of several recipes cannot be resumed; run them one at a time");
    }
    MergePlan merge = sound(problemsThere).merge();
    if (!stages.isEmpty()) { // refuses now what would be refused after all the work
      CheckpointWriter.to(fileOrDirectory).overwrite(how.overwrite()).open(merge.tensors()).close();
    }
    MergeReport report;
    try (StageFolder folder = new StageFolder(AtomicFile.beside(fileOrDirectory))) {
      stages.forEach(stage -> stage.compute(folder.next()));
      report = merge.writeTo(fileOrDirectory, how);
      stages.forEach(StageCheckpoint::close);
    }
    if (directory) {
      companions.write();
    }
    return report;
  }

  private PlannedDocument sound(List<String> more) {
    List<String> all = new ArrayList<>(problems);
    all.addAll(more);
    if (last == null || !all.isEmpty()) {
      throw new ModelMismatchException("cannot merge by " + recipe.source(), all);
    }
    return last;
  }

  /** Closes the models. */
  @Override
  public void close() {
    stages.forEach(StageCheckpoint::close);
    models.close();
  }
}
