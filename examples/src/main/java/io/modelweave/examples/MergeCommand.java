package io.modelweave.examples;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.ModelMismatchException;
import io.modelweave.core.checkpoint.CheckpointWriter;
import io.modelweave.examples.report.TextTable;
import io.modelweave.merge.MergeReport;
import io.modelweave.merge.WriteOptions;
import io.modelweave.merge.engine.MergeOptions;
import io.modelweave.merge.engine.Source;
import io.modelweave.merge.engine.TensorJob;
import io.modelweave.merge.recipe.ModelLocator;
import io.modelweave.merge.recipe.Recipe;
import io.modelweave.merge.recipe.RecipeException;
import io.modelweave.merge.recipe.RecipePlan;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code merge}: runs a mergekit YAML recipe. Every problem of the recipe and of its models is one line on standard error, before anything
 * is written. Merging files needs no tensor backend.
 */
@Command(name = "merge", mixinStandardHelpOptions = true, description = "Merges models by a mergekit recipe.")
final class MergeCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "CONFIG.yml",
      description = "The recipe. A model is a directory in Hugging Face layout or a .safetensors file.")
  private Path config;

  @Parameters(index = "1", paramLabel = "OUT", description = "A directory, or a .safetensors file.")
  private Path out;

  @Option(names = "--models", paramLabel = "DIR",
      description = "Where relative names of models begin; by default the recipe's folder, then the current one.")
  private @Nullable Path models;

  @Option(names = "--overwrite", description = "Replace a model that is there; it stays until the new one is complete.")
  private boolean overwrite;

  @Option(names = "--resume",
      description = "Keep finished tensors if the merge is interrupted, and go on with those of an interrupted one.")
  private boolean resume;

  @Option(names = "--threads", paramLabel = "N", description = "All processors by default; the output does not depend on it.")
  private @Nullable Integer threads;

  @Option(names = "--seed", paramLabel = "N", description = "What random masks start from; ${DEFAULT-VALUE} by default.")
  private long seed;

  @Option(names = "--shard-bytes", paramLabel = "N",
      description = "Where the next file of a directory begins; ${DEFAULT-VALUE} by default.")
  private long shardBytes = CheckpointWriter.DEFAULT_SHARD_BYTES;

  @Option(names = "--dry-run", description = "Print what would be done, and write nothing.")
  private boolean dryRun;

  @SuppressWarnings("NullAway.Init") // picocli sets them
  MergeCommand() {}

  @Override
  public Integer call() {
    if (shardBytes < 1) {
      throw new IllegalArgumentException("--shard-bytes is %d; a file has at least 1".formatted(shardBytes));
    }
    MergeOptions options = MergeOptions.defaults().withSeed(seed);
    try {
      return run(Recipe.read(config), threads == null ? options : options.withThreads(threads));
    } catch (RecipeException e) {
      return refuse(config + ": ", e.problems());
    } catch (ModelMismatchException e) {
      return refuse("", e.problems());
    }
  }

  private int run(Recipe recipe, MergeOptions options) {
    // The number of tensors is known before the bar is needed.
    Steps steps = new Steps();
    try (RecipePlan plan = recipe.plan(locator(), options.withProgress((tensor, done, total) -> steps.step(done)))) {
      plan.notes().forEach(note -> spec.commandLine().getErr().println("note: " + Failure.oneLine(note)));
      if (!plan.problems().isEmpty()) {
        return refuse("", plan.problems());
      }
      if (dryRun) {
        print(plan);
        return 0;
      }
      WriteOptions how = WriteOptions.defaults().withOverwrite(overwrite).withShardBytes(shardBytes)
          .withResume(resume ? WriteOptions.Resume.CONTINUE : WriteOptions.Resume.OFF);
      MergeReport report = steps.during(plan.steps(), () -> plan.writeTo(out, how));
      spec.commandLine().getOut().printf("%d tensors, %d of them merged by %s, are in %s.%n",
          report.tensors().size(), report.merged(), recipe.mergeMethod(), out);
      return 0;
    }
  }

  private ModelLocator locator() {
    Path here = Path.of("");
    Path folder = config.toAbsolutePath().getParent();
    return models == null ? ModelLocator.in(folder, here) : ModelLocator.in(models);
  }

  private int refuse(String where, List<String> problems) {
    PrintWriter errors = spec.commandLine().getErr();
    problems.forEach(problem -> errors.println(where + Failure.oneLine(problem)));
    return Failure.WRONG_INPUT;
  }

  private void print(RecipePlan plan) {
    PrintWriter results = spec.commandLine().getOut();
    List<Checkpoint> inputs = plan.jobs().stream().flatMap(MergeCommand::sources).map(Source::checkpoint).distinct().toList();
    for (int i = 0; i < inputs.size(); i++) {
      results.printf("model %d: %s%n", i, inputs.get(i).source());
    }
    TextTable table = new TextTable("name", "dtype", "shape", "method", "made of", "bytes");
    for (TensorJob job : plan.jobs()) {
      table.row(job.name(), job.info().type(), job.info().shape().toString(), job.method() == null ? "copy" : job.method().name(),
          madeOf(job, inputs), job.info().byteLength());
    }
    table.row("total of %d tensors".formatted(plan.jobs().size()), "", "", "", "", plan.merge().outputBytes());
    results.print(table);
    results.printf("Buffers take %d bytes. Nothing was written.%n", plan.merge().memoryBytes());
    results.flush();
  }

  private static Stream<Source> sources(TensorJob job) {
    return Stream.concat(job.models().stream(), Stream.ofNullable(job.base()));
  }

  /** Returns the numbers of the models, each with the tensor's name there if it is another one. */
  private static String madeOf(TensorJob job, List<Checkpoint> inputs) {
    return sources(job).map(source -> (source.equals(job.base()) ? "base " : "") + inputs.indexOf(source.checkpoint())
        + (source.name().equals(job.name()) ? "" : " " + source.name())).collect(Collectors.joining(", "));
  }

  /** The progress of a merge, which begins when the plan is there. */
  private static final class Steps {

    private @Nullable Progress progress;

    <T> T during(int tensors, Supplier<T> work) {
      try (Progress begun = Progress.of("merge", tensors)) {
        progress = begun;
        return work.get();
      }
    }

    void step(long done) {
      if (progress != null) {
        progress.step("%d MB".formatted(done / 1_000_000));
      }
    }
  }
}
