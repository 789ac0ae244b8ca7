package io.modelweave.examples.paper.lab;

import io.modelweave.examples.Progress;
import io.modelweave.examples.paper.lab.Models.Pair;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * One run: its settings, data, models and journal.
 *
 * <p>Independent pieces of work run side by side, each on one thread, so results do not depend on the number of cores.
 */
public final class Laboratory implements AutoCloseable {

  private final Settings settings;
  private final PaperData data;
  private final Journal journal;
  private final Scope scope;
  private final Workers workers = new Workers();
  private final Models models;
  private final Evaluation evaluation;

  /**
   * How much of the experiments is done; numbers do not depend on it.
   *
   * @param largestWindow routing windows tried are 1 to this
   * @param routerSeeds routers trained for each setting
   */
  public record Scope(int largestWindow, int routerSeeds) {}

  /**
   * Makes a laboratory in which nothing is done yet but what the journal holds.
   *
   * @param base a base in Hugging Face layout; null to pretrain one
   */
  public Laboratory(Settings settings, PaperData data, Journal journal, Scope scope, @Nullable Path base) {
    this.settings = settings;
    this.data = data;
    this.journal = journal;
    this.scope = scope;
    this.models = new Models(settings, data, journal, workers, base);
    this.evaluation = new Evaluation(data, settings.recipe());
  }

  /** Returns all that decides the numbers. */
  public Settings settings() {
    return settings;
  }

  /** Returns sizes and training. */
  public Recipe recipe() {
    return settings.recipe();
  }

  /** Returns the corpora. */
  public PaperData data() {
    return data;
  }

  /** Returns what is done. */
  public Journal journal() {
    return journal;
  }

  /** Returns how much is to be done. */
  public Scope scope() {
    return scope;
  }

  /** Returns the models. */
  public Models models() {
    return models;
  }

  /** Returns what measures them. */
  public Evaluation evaluation() {
    return evaluation;
  }

  /** Returns a measurement of the specialists of a lineage at each step, side by side, one stage each. */
  public <R> List<R> atSteps(String kind, Lineage lineage, List<Integer> steps, Class<R> type, BiFunction<Integer, Pair, R> measure) {
    models.train(lineage);
    long missing = steps.stream().filter(step -> !journal.isDone(stage(kind, lineage, step))).count();
    try (Progress progress = Progress.of("%s, %s".formatted(kind, lineage.name()), missing)) {
      return workers.all(steps.stream().map(step -> (Callable<R>) () -> journal.stage(stage(kind, lineage, step), type, () -> {
        R measured = measure.apply(step, models.at(lineage, step));
        progress.step("step " + step);
        return measured;
      })).toList());
    }
  }

  private static String stage(String kind, Lineage lineage, int step) {
    return "%s/%s-%06d".formatted(kind, lineage.name(), step);
  }

  /** Returns the results of independent jobs in their order, done side by side. */
  <R> List<R> sideBySide(List<Callable<R>> jobs) {
    return workers.all(jobs);
  }

  @Override
  public void close() {
    workers.close();
  }
}
