package io.modelweave.merge;

import io.modelweave.core.AtomicFile;
import io.modelweave.core.Checkpoint;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.core.transformer.TransformerConfiguration;
import io.modelweave.merge.engine.MergeOptions;
import io.modelweave.merge.engine.Source;
import io.modelweave.merge.engine.TensorJob;
import io.modelweave.merge.method.MergeMethod;
import io.modelweave.merge.method.ParameterSource;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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

  private record Models(List<Checkpoint> models, @Nullable Checkpoint base, Map<String, String> ties,
      List<TransformerConfiguration> configurations) {}

  private record Rule(MergeMethod method, GivenParameters parameters, NameFilter filter, @Nullable ElementType type) {}

  private final Models inputs;
  private final Rule rule;
  private final MergeOptions options;
  private final WriteOptions writing;

  private Merge(Models inputs, Rule rule, MergeOptions options, WriteOptions writing) {
    this.inputs = inputs;
    this.rule = rule;
    this.options = options;
    this.writing = writing;
  }

  static Merge of(List<Checkpoint> models) {
    if (models.isEmpty()) {
      throw new IllegalArgumentException("a merge needs at least one model");
    }
    return new Merge(new Models(List.copyOf(models), null, Map.of(), List.of()),
        new Rule(new Linear(), GivenParameters.NONE, NameFilter.ALL, null), MergeOptions.defaults(), WriteOptions.defaults());
  }

  private Merge with(Models changed) {
    return new Merge(changed, rule, options, writing);
  }

  private Merge with(Rule changed) {
    return new Merge(inputs, changed, options, writing);
  }

  /** Sets the common ancestor that task vectors are differences from. */
  public Merge base(Checkpoint base) {
    return with(new Models(inputs.models, base, inputs.ties, inputs.configurations));
  }

  /** Sets the common ancestor that task vectors are differences from; its parameters are copied now. */
  public Merge base(LanguageModel base) {
    return base(base.checkpoint()).configured(List.of(base.configuration()));
  }

  /** Adds what is known of language models; the first comes with the output. */
  Merge configured(List<TransformerConfiguration> configurations) {
    List<TransformerConfiguration> all = new ArrayList<>(inputs.configurations);
    all.addAll(configurations);
    return with(new Models(inputs.models, inputs.base, inputs.ties, List.copyOf(all)));
  }

  /** Sets the method; {@link Linear} by default. */
  public Merge method(MergeMethod method) {
    return with(new Rule(method, rule.parameters, rule.filter, rule.type));
  }

  /** Sets the weight of each model, in their order. */
  public Merge weights(double... weights) {
    return set("weight", weights);
  }

  /**
   * Sets the weight of the second of two models: {@code t} of a method that has one, the weights {@code 1 - alpha} and {@code
   * alpha} of others.
   */
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
    return with(new Rule(rule.method, rule.parameters.with(parameter, List.of(values)), rule.filter, rule.type));
  }

  /**
   * Merges only the tensors whose names match one of these patterns.
   *
   * @param globs {@code *} stands for any characters, dots included, {@code ?} for one
   */
  public Merge only(String... globs) {
    return filter(rule.filter.andOnly(globs));
  }

  /**
   * Does not merge the tensors whose names match one of these patterns.
   *
   * @param globs {@code *} stands for any characters, dots included, {@code ?} for one
   */
  public Merge except(String... globs) {
    return filter(rule.filter.andExcept(globs));
  }

  private Merge filter(NameFilter filter) {
    return with(new Rule(rule.method, rule.parameters, filter, rule.type));
  }

  /** Sets the type of merged tensors: F16, BF16, F32 or F64; that of the base or of the first model by default. */
  public Merge type(ElementType type) {
    return with(new Rule(rule.method, rule.parameters, rule.filter, type));
  }

  /**
   * Says that a model without tensor {@code alias} uses tensor {@code name} in its place, as a head tied to the embedding does. The output
   * has {@code alias} if one of the models has. Random masks are the same for both.
   */
  public Merge tie(String alias, String name) {
    Map<String, String> ties = new LinkedHashMap<>(inputs.ties);
    ties.put(alias, name);
    return with(new Models(inputs.models, inputs.base, Map.copyOf(ties), inputs.configurations));
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
    return new Merge(inputs, rule, change.apply(options), writing);
  }

  /** Changes how the output is written. */
  public Merge writing(UnaryOperator<WriteOptions> change) {
    return new Merge(inputs, rule, options, change.apply(writing));
  }

  /** Returns what would be done, with everything that stands in the way; reads headers only. */
  public MergePlan plan() {
    int models = inputs.models.size();
    List<String> names = names();
    GivenParameters parameters = rule.parameters.forMethod(rule.method, models);
    List<String> problems = new ArrayList<>(parameters.problems(rule.method, models));
    problems.addAll(rule.filter.problems(names));
    inputs.configurations.stream().filter(other -> !other.equals(inputs.configurations.get(0))).distinct()
        .forEach(other -> problems.add("the configuration is %s against %s".formatted(inputs.configurations.get(0), other)));
    ParameterSource source = parameters.source(Schedule.layers(names.stream()));
    Map<String, String> tied = commonTies();
    List<TensorJob> jobs = names.stream().filter(name -> !tied.containsKey(name)).map(name -> job(name, source)).toList();
    return MergePlan.of(jobs, options).withMetadata(leading().metadata()).withTied(tied).withProblems(problems);
  }

  private TensorJob job(String name, ParameterSource parameters) {
    List<Source> models = inputs.models.stream().map(model -> source(model, name)).toList();
    Source base = inputs.base == null ? null : source(inputs.base, name);
    Source like = base == null ? models.get(0) : base;
    boolean present = like.checkpoint().contains(like.name());
    if (!rule.filter.selects(name)) {
      Source other = models.stream().filter(source -> source.checkpoint().contains(source.name())).findFirst().orElse(like);
      return TensorJob.copy(name, present ? like : other);
    }
    TensorJob job = new TensorJob(name, rule.method, models, base, parameters, rule.type, inputs.ties.getOrDefault(name, name));
    return present && !like.info().type().isFloatingPoint() ? job.copying() : job;
  }

  private Source source(Checkpoint checkpoint, String name) {
    String twin = inputs.ties.get(name);
    return new Source(checkpoint, twin != null && !checkpoint.contains(name) ? twin : name);
  }

  /** The names of all models, those of the leading one first. */
  private List<String> names() {
    Set<String> names = new LinkedHashSet<>(leading().names());
    inputs.models.forEach(model -> names.addAll(model.names()));
    return List.copyOf(names);
  }

  private Checkpoint leading() {
    return inputs.base == null ? inputs.models.get(0) : inputs.base;
  }

  private Map<String, String> commonTies() {
    Map<String, String> tied = leading().tied();
    return inputs.models.stream().allMatch(model -> model.tied().equals(tied)) ? tied : Map.of();
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
   * Writes the merged model in constant memory to a directory or a {@code .safetensors} file, with {@code merge-report.json}. A directory
   * of a merge of language models gets {@code config.json} too.
   *
   * @throws io.modelweave.core.ModelMismatchException with everything that stands in the way
   * @throws io.modelweave.merge.engine.NonFiniteTensorException if NaN or infinity turns up and is refused
   * @throws java.io.UncheckedIOException if a file cannot be read or written, or a model is there already
   */
  public MergeReport writeTo(Path fileOrDirectory) {
    MergePlan plan = plan();
    Path configuration = fileOrDirectory.resolve("config.json");
    if (inputs.configurations.isEmpty() || fileOrDirectory.toString().endsWith(".safetensors")) {
      return plan.writeTo(fileOrDirectory, writing);
    }
    boolean taken = Files.exists(configuration) && !writing.overwrite();
    MergePlan checked = taken ? plan.withProblems(List.of(configuration + " is there already and must be replaced on purpose")) : plan;
    MergeReport report = checked.writeTo(fileOrDirectory, writing);
    AtomicFile.write(configuration, inputs.configurations.get(0).toJson().getBytes(StandardCharsets.UTF_8));
    return report;
  }
}
