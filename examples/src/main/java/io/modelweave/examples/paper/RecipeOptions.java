package io.modelweave.examples.paper;

import io.modelweave.examples.paper.lab.Recipe;
import io.modelweave.examples.paper.lab.Recipe.Schedule;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that change what a scale chooses. */
final class RecipeOptions {

  @Option(names = "--context", paramLabel = "N", description = "Tokens of a window, with data of your own.")
  private @Nullable Integer context;

  @Option(names = "--pretraining-steps", paramLabel = "N", description = "Updates of the base.")
  private @Nullable Integer pretrainingSteps;

  @Option(names = "--fine-tuning-steps", paramLabel = "N", description = "Updates of the specialists that are merged over time.")
  private @Nullable Integer fineTuningSteps;

  @Option(names = "--expert-steps", paramLabel = "N", description = "Updates of the specialists that are routed over.")
  private @Nullable Integer expertSteps;

  @Option(names = "--routing-steps", paramLabel = "N", description = "Updates of the routers.")
  private @Nullable Integer routingSteps;

  @Option(names = "--direct-steps", paramLabel = "N", description = "Updates of the base that is fine-tuned on the target.")
  private @Nullable Integer directSteps;

  @Option(names = "--batch", paramLabel = "N", description = "Windows in an update.")
  private @Nullable Integer batch;

  @Option(names = "--micro-batch", paramLabel = "N",
      description = "Windows computed at once, which divides --batch: more take more memory and less time.")
  private @Nullable Integer microBatch;

  @Option(names = "--snapshot-spacing", paramLabel = "N", description = "Steps between snapshots; 0 doubles them.")
  private @Nullable Integer spacing;

  @Option(names = "--evaluation-windows", paramLabel = "N", description = "Validation windows of a loss.")
  private @Nullable Integer evaluationWindows;

  @Option(names = "--cka-samples", paramLabel = "N", description = "Validation windows of CKA.")
  private @Nullable Integer ckaSamples;

  RecipeOptions() {}

  /** Returns the tokens of a window. */
  int context(int otherwise) {
    return or(context, otherwise);
  }

  /**
   * Returns a recipe with what the options change.
   *
   * @throws IllegalArgumentException if it cannot work
   */
  Recipe change(Recipe r, int actualContext) {
    int fineTuning = or(fineTuningSteps, r.fineTuning().steps());
    // Where the scale routes over the last specialists, it still does.
    boolean one = r.expertSteps() == r.fineTuning().steps();
    int windows = or(batch, r.batch());
    return new Recipe(r.width(), r.layers(), r.heads(), actualContext, steps(r.pretraining(), pretrainingSteps),
        steps(r.fineTuning(), fineTuningSteps), or(expertSteps, one ? fineTuning : r.expertSteps()), steps(r.routing(), routingSteps),
        steps(r.direct(), directSteps != null ? directSteps : one ? routingSteps : null), windows,
        or(microBatch, r.microBatch() == r.batch() ? windows : r.microBatch()), or(spacing, r.spacing()), r.initialization(),
        or(evaluationWindows, r.evaluationWindows()), or(ckaSamples, r.ckaSamples()));
  }

  private static Schedule steps(Schedule schedule, @Nullable Integer steps) {
    return new Schedule(or(steps, schedule.steps()), schedule.rate());
  }

  private static int or(@Nullable Integer given, int otherwise) {
    return given == null ? otherwise : given;
  }
}
