package io.modelweave.merge;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.merge.engine.MergeOptions;
import io.modelweave.merge.engine.Source;
import io.modelweave.merge.engine.TensorJob;
import io.modelweave.merge.method.MergeMethod;
import io.modelweave.merge.method.ParameterSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A merge of models with the same tensors, put together step by step; made by {@link Merger#of(Checkpoint...)}.
 *
 * <pre>{@code
 * Checkpoint soup = Merger.of(math, code).base(gpt2).method(Ties.density(0.3)).weights(0.5, 0.5).only("*.mlp.*").merge();
 * MergeReport report = Merger.of(math, code).method(new Slerp()).alpha(0.4).writeTo(Path.of("merged"));
 * }</pre>
 *
 * <p>Immutable: each step returns a new value and nothing is read until {@link #plan}, {@link #merge} or {@link #writeTo}. Tensors that
 * are not selected, and integers and booleans, are copied from the base, or from the first model if there is none. Numbers are computed
 * in double and rounded once. Models are not modified, and not closed.
 */
public final class Merge {

  private record Settings(List<Checkpoint> models, @Nullable Checkpoint base, MergeMethod method, GivenParameters parameters, NameFilter filter,
      @Nullable ElementType type, Map<String, String> ties, MergeOptions options, WriteOptions writing) {}

  private final Settings settings;

  private Merge(Settings settings) {
    this.settings = settings;
  }

  static Merge of(List<Checkpoint> models) {
    if (models.isEmpty()) {
      throw new IllegalArgumentException("a merge needs at least one model");
    }
    return new Merge(new Settings(List.copyOf(models), null, new Linear(), GivenParameters.NONE, NameFilter.ALL, null, Map.of(),
        MergeOptions.defaults(), WriteOptions.defaults()));
  }

  /** Sets the common ancestor that task vectors are differences from. */
  public Merge base(Checkpoint base) {
    Settings s = settings;
    return new Merge(new Settings(s.models, base, s.method, s.parameters, s.filter, s.type, s.ties, s.options, s.writing));
  }

  /** Sets the common ancestor that task vectors are differences from; its parameters are copied now. */
  public Merge base(LanguageModel base) {
    return base(base.checkpoint());
  }

  /** Sets the method; {@link Linear} by default. */
  public Merge method(MergeMethod method) {
    Settings s = settings;
    return new Merge(new Settings(s.models, s.base, method, s.parameters, s.filter, s.type, s.ties, s.options, s.writing));
  }

  /** Sets the weight of each model, in their order. */
  public Merge weights(double... weights) {
    return set("weight", weights);
  }

  /** Sets the weight of the second of two models: {@code t} of a method that has one, the weights {@code 1 - alpha} and {@code alpha} of others. */
  public Merge alpha(double alpha) {
    return alpha(Schedule.constant(alpha));
  }

  /** Sets the weight of the second of two models layer by layer. */
  public Merge alpha(Schedule alpha) {
    return set(GivenParameters.ALPHA, alpha);
  }

  /**
   * Sets a parameter of the method.
   *
   * @param parameter its name
   * @param values one for all models, or one for each
   */
  public Merge set(String parameter, double... values) {
    return set(parameter, Arrays.stream(values).mapToObj(Schedule::constant).toArray(Schedule[]::new));
  }

  /**
   * Sets a parameter of the method layer by layer.
   *
   * @param parameter its name
   * @param values one for all models, or one for each
   */
  public Merge set(String parameter, Schedule... values) {
    Settings s = settings;
    return new Merge(new Settings(s.models, s.base, s.method, s.parameters.with(parameter, List.of(values)), s.filter, s.type, s.ties, s.options,
        s.writing));
  }

  /**
   * Merges only the tensors whose names match one of these patterns.
   *
   * @param globs {@code *} stands for any characters, dots included, {@code ?} for one
   */
  public Merge only(String... globs) {
    return filter(settings.filter.andOnly(globs));
  }

  /**
   * Does not merge the tensors whose names match one of these patterns.
   *
   * @param globs {@code *} stands for any characters, dots included, {@code ?} for one
   */
  public Merge except(String... globs) {
    return filter(settings.filter.andExcept(globs));
  }

  private Merge filter(NameFilter filter) {
    Settings s = settings;
    return new Merge(new Settings(s.models, s.base, s.method, s.parameters, filter, s.type, s.ties, s.options, s.writing));
  }

  /** Sets the type of merged tensors: F16, BF16, F32 or F64; that of the base or of the first model by default. */
  public Merge type(ElementType type) {
    Settings s = settings;
    return new Merge(new Settings(s.models, s.base, s.method, s.parameters, s.filter, type, s.ties, s.options, s.writing));
  }

  /**
   * Says that a model without tensor {@code alias} uses tensor {@code name} in its place, as a head tied to the embedding does. The output
   * has {@code alias} if one of the models has. Random masks are the same for both.
   */
  public Merge tie(String alias, String name) {
    Settings s = settings;
    Map<String, String> ties = new LinkedHashMap<>(s.ties);
    ties.put(alias, name);
    return new Merge(new Settings(s.models, s.base, s.method, s.parameters, s.filter, s.type, Map.copyOf(ties), s.options, s.writing));
  }

  /** Sets what random masks start from; 0 by default. */
  public Merge seed(long seed) {
    return options(options -> options.withSeed(seed));
  }

  /** Sets how many threads work; all processors by default. The result does not depend on it. */
  public Merge threads(int threads) {
    return options(options -> options.withThreads(threads));
  }

  /** Changes how the merge runs. */
  public Merge options(UnaryOperator<MergeOptions> change) {
    Settings s = settings;
    return new Merge(new Settings(s.models, s.base, s.method, s.parameters, s.filter, s.type, s.ties, change.apply(s.options), s.writing));
  }

  /** Changes how the output is written. */
  public Merge writing(UnaryOperator<WriteOptions> change) {
    Settings s = settings;
    return new Merge(new Settings(s.models, s.base, s.method, s.parameters, s.filter, s.type, s.ties, s.options, change.apply(s.writing)));
  }

  /** Returns what would be done, with everything that stands in the way; reads headers only. */
  public MergePlan plan() {
    Settings s = settings;
    List<String> problems = new ArrayList<>();
    GivenParameters parameters = s.parameters.forMethod(s.method, s.models.size());
    problems.addAll(parameters.problems(s.method, s.models.size()));
    Map<String, String> tied = commonTies();
    List<String> names = names();
    problems.addAll(s.filter.problems(names));
    ParameterSource source = parameters.source(Schedule.layers(names.stream()));
    List<TensorJob> jobs = new ArrayList<>();
    for (String name : names) {
      if (!tied.containsKey(name)) {
        jobs.add(job(name, source));
      }
    }
    Map<String, String> metadata = new LinkedHashMap<>((s.base == null ? s.models.get(0) : s.base).metadata());
    return MergePlan.of(jobs, s.options).withMetadata(metadata).withTied(tied).withProblems(problems);
  }

  private TensorJob job(String name, ParameterSource parameters) {
    Settings s = settings;
    List<Source> models = s.models.stream().map(model -> source(model, name)).toList();
    Source base = s.base == null ? null : source(s.base, name);
    Source like = base == null ? models.get(0) : base;
    if (!s.filter.selects(name)) {
      Source kept = models.stream().filter(source -> source.checkpoint().contains(source.name())).findFirst().orElse(like);
      return TensorJob.copy(name, like.checkpoint().contains(like.name()) ? like : kept);
    }
    boolean present = like.checkpoint().contains(like.name());
    TensorJob job = new TensorJob(name, s.method, models, base, parameters, s.type, s.ties.getOrDefault(name, name));
    return present && !like.info().type().isFloatingPoint() ? job.copying() : job;
  }

  private Source source(Checkpoint checkpoint, String name) {
    String twin = settings.ties.get(name);
    return new Source(checkpoint, twin != null && !checkpoint.contains(name) ? twin : name);
  }

  /** The names of all models: those of the base or the first model come first, in their order. */
  private List<String> names() {
    Set<String> names = new LinkedHashSet<>(settings.base == null ? List.of() : settings.base.names());
    settings.models.forEach(model -> names.addAll(model.names()));
    return List.copyOf(names);
  }

  private Map<String, String> commonTies() {
    Map<String, String> tied = settings.models.get(0).tied();
    boolean shared = settings.models.stream().allMatch(model -> model.tied().equals(tied))
        && (settings.base == null || settings.base.tied().equals(tied));
    return shared ? tied : Map.of();
  }

  /**
   * Returns the merged model in memory, independent of its parents.
   *
   * @throws io.modelweave.core.ModelMismatchException with everything that stands in the way
   * @throws io.modelweave.merge.engine.NonFiniteTensorException if NaN or infinity turns up and is refused
   */
  public Checkpoint merge() {
    return plan().merge();
  }

  /**
   * Writes the merged model in constant memory to a directory or a {@code .safetensors} file, with {@code merge-report.json}.
   *
   * @throws io.modelweave.core.ModelMismatchException with everything that stands in the way
   * @throws io.modelweave.merge.engine.NonFiniteTensorException if NaN or infinity turns up and is refused
   * @throws java.io.UncheckedIOException if a file cannot be read or written, or a model is there already
   */
  public MergeReport writeTo(Path fileOrDirectory) {
    return plan().writeTo(fileOrDirectory, settings.writing);
  }
}
