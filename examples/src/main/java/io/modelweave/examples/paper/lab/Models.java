package io.modelweave.examples.paper.lab;

import io.modelweave.core.BatchWorkers;
import io.modelweave.core.LanguageModel;
import io.modelweave.core.text.TokenBatch;
import io.modelweave.core.text.TokenStream;
import io.modelweave.core.training.LearningRate;
import io.modelweave.core.training.ParameterFilter;
import io.modelweave.core.training.Training;
import io.modelweave.core.training.TrainingStep;
import io.modelweave.examples.Progress;
import io.modelweave.examples.paper.lab.Journal.Draft;
import io.modelweave.examples.paper.lab.Recipe.Schedule;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The models of a run, trained when they are first asked for and kept in Hugging Face layout below {@code snapshots/}. What is handed out
 * was read from there, in a first run as in one that goes on.
 */
public final class Models {

  private static final String BASE = "snapshots/base";
  private static final String DIRECT = "snapshots/direct";

  private final Settings settings;
  private final PaperData data;
  private final Journal journal;
  private final Workers workers;
  private final @Nullable Path given;

  /**
   * Makes the models of a run; nothing is trained yet.
   *
   * @param given a base in Hugging Face layout; null to pretrain one
   */
  Models(Settings settings, PaperData data, Journal journal, Workers workers, @Nullable Path given) {
    this.settings = settings;
    this.data = data;
    this.journal = journal;
    this.workers = workers;
    this.given = given;
  }

  /**
   * What a training leaves behind besides its model.
   *
   * @param losses of each update's batch, before the update, in nats per token
   */
  public record TrainingLog(List<Double> losses) {}

  /**
   * Two specialists of the same step.
   *
   * @param maths fine-tuned on maths
   * @param code fine-tuned on code
   */
  public record Pair(LanguageModel maths, LanguageModel code) {}

  /** Returns the common ancestor. */
  public LanguageModel base() {
    if (given != null) {
      return LanguageModel.load(given);
    }
    Path folder = journal.folder(BASE);
    journal.training("training/base", TrainingLog.class, draft -> {
      LanguageModel model = LanguageModel.random(settings.recipe().model(data.vocabularySize()), settings.seed());
      Schedule schedule = settings.recipe().pretraining();
      TrainingLog log = alone("pretrain", schedule, progress -> run(model, ParameterFilter.all(), schedule, pieces(), BatchWorkers.all(),
          draft, progress, data.batches(data.pretraining().train(), settings.recipe().batch() / pieces(), schedule.steps() * pieces(),
              settings.seed())));
      journal.clear(folder);
      model.save(folder);
      return log;
    });
    return LanguageModel.load(folder);
  }

  /** Returns the base fine-tuned on the target itself: what no merge of specialists has seen. */
  public LanguageModel direct() {
    Path folder = journal.folder(DIRECT);
    LanguageModel base = base();
    journal.training("training/direct", TrainingLog.class, draft -> {
      Schedule schedule = settings.recipe().direct();
      TrainingLog log = alone("fine-tune directly", schedule, progress -> run(base, ParameterFilter.mlps(), schedule, pieces(),
          BatchWorkers.all(), draft, progress, data.batches(data.target().train(), settings.recipe().batch() / pieces(),
              schedule.steps() * pieces(), settings.seed() + 31)));
      journal.clear(folder);
      base.save(folder);
      return log;
    });
    return LanguageModel.load(folder);
  }

  /** Trains both specialists of a lineage side by side, if they are not there yet. */
  public void train(Lineage lineage) {
    base();
    if (journal.isDone(stage(lineage, "math")) && journal.isDone(stage(lineage, "code"))) {
      return;
    }
    try (Progress progress = Progress.of("specialise, " + lineage.name(), 2L * lineage.steps())) {
      workers.all(List.of(
          () -> specialise(lineage, "math", data.maths().train(), settings.seed() + 11, progress),
          () -> specialise(lineage, "code", data.code().train(), settings.seed() + 12, progress)));
    }
  }

  /**
   * Returns the specialists of a lineage after so many steps; step 0 is the base.
   *
   * @throws IllegalArgumentException if there is no such snapshot
   */
  public Pair at(Lineage lineage, int step) {
    return step == 0 ? new Pair(base(), base())
        : new Pair(LanguageModel.load(snapshot(lineage, "math", step)), LanguageModel.load(snapshot(lineage, "code", step)));
  }

  private TrainingLog specialise(Lineage lineage, String domain, TokenStream text, long seed, Progress progress) {
    return journal.training(stage(lineage, domain), TrainingLog.class, draft -> {
      TreeSet<Integer> kept = new TreeSet<>(settings.recipe().snapshotSteps(lineage.steps()));
      kept.addAll(settings.recipe().firstSteps(lineage.steps()));
      LanguageModel model = base();
      Consumer<TrainingStep> shown = show(progress);
      return fineTune(model, lineage, text, seed, draft, step -> {
        shown.accept(step);
        if (kept.contains(step.step())) {
          Path folder = snapshot(lineage, domain, step.step());
          journal.clear(folder); // an interrupted run may have left it, and gone on from an earlier draft
          model.save(folder);
        }
      });
    });
  }

  private static String stage(Lineage lineage, String domain) {
    return "training/%s-%s".formatted(lineage.name(), domain);
  }

  private Path snapshot(Lineage lineage, String domain, int step) {
    return journal.folder("snapshots/%s/%s/step-%06d".formatted(lineage.name(), domain, step));
  }

  private TrainingLog fineTune(LanguageModel model, Lineage lineage, TokenStream text, long seed, Draft draft,
      Consumer<TrainingStep> listener) {
    Recipe recipe = settings.recipe();
    Schedule schedule = new Schedule(lineage.steps(), recipe.fineTuning().rate());
    int pieces = recipe.batch() / recipe.microBatch();
    Iterable<TokenBatch> batches = data.batches(text, recipe.microBatch(), schedule.steps() * pieces, seed);
    if (lineage.mixed()) {
      batches = PaperData.alternate(batches,
          data.batches(data.pretraining().train(), recipe.microBatch(), schedule.steps() * pieces, seed + 1));
    }
    return run(model, ParameterFilter.mlps(), schedule, lineage.mixed() ? 2 * pieces : pieces, BatchWorkers.single(), draft, listener,
        batches);
  }

  /** Returns the pieces of a batch in a training that has the machine for itself: at least two, for two cores. */
  private int pieces() {
    int pieces = settings.recipe().batch() / settings.recipe().microBatch();
    return pieces == 1 && settings.recipe().batch() % 2 == 0 ? 2 : pieces;
  }

  private static TrainingLog run(LanguageModel model, ParameterFilter filter, Schedule schedule, int accumulation, BatchWorkers workers,
      Draft draft, Consumer<TrainingStep> listener, Iterable<TokenBatch> batches) {
    return new TrainingLog(Training.of(model).parameters(filter).learningRate(LearningRate.cosine(schedule.rate(), Recipe.FLOOR))
        .steps(schedule.steps()).accumulation(accumulation).workers(workers).resumable(draft.file(), draft.interval())
        .listener(listener::accept).run(batches));
  }

  private static TrainingLog alone(String task, Schedule schedule, Function<Consumer<TrainingStep>, TrainingLog> work) {
    try (Progress progress = Progress.of(task, schedule.steps())) {
      return work.apply(show(progress));
    }
  }

  /** Shows steps and losses of one training; the steps before the first it hears of were done before an interruption. */
  static Consumer<TrainingStep> show(Progress progress) {
    AtomicInteger shown = new AtomicInteger();
    return step -> progress.advance(step.step() - shown.getAndSet(step.step()), "loss %.3f".formatted(step.loss()));
  }
}
