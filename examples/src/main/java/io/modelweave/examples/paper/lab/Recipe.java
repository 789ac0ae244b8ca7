package io.modelweave.examples.paper.lab;

import io.modelweave.core.transformer.Gpt2Configuration;
import io.modelweave.moe.RouterInitialization;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * How large the models are and how they are trained: the paper's recipe, with sizes and rates that a scale chooses.
 *
 * @param width of the base, if it is pretrained here
 * @param layers blocks of the base, likewise
 * @param heads of the base, likewise
 * @param context tokens of a window
 * @param pretraining of the base, all parameters
 * @param fineTuning of the specialists whose snapshots are merged over time, MLPs only
 * @param expertSteps updates of the specialists that are routed over and of the data-mixed ones, at the rate of {@code fineTuning}
 * @param routing of the routers
 * @param direct fine-tuning of the base on the target, MLPs only
 * @param batch windows in an update
 * @param microBatch windows computed at once; divides {@code batch}
 * @param spacing steps between snapshots; 0 doubles them from 5 on
 * @param initialization of the routers
 * @param evaluationWindows validation windows of a loss
 * @param ckaSamples validation windows of CKA
 */
public record Recipe(int width, int layers, int heads, int context, Schedule pretraining, Schedule fineTuning, int expertSteps,
    Schedule routing, Schedule direct, int batch, int microBatch, int spacing, RouterInitialization initialization, int evaluationWindows,
    int ckaSamples) {

  /** Share of the learning rate that is left at the end of each cosine. */
  public static final double FLOOR = 0.1;

  private static final int FIRST_DOUBLED = 5;
  private static final int FINE_GRAIN = 10;
  private static final int FINE_END = 100;

  /**
   * One training.
   *
   * @param steps updates
   * @param rate peak learning rate, which falls by a cosine to a tenth
   */
  public record Schedule(int steps, double rate) {

    @Override
    public String toString() {
      return "%d steps at rate %s".formatted(steps, rate);
    }
  }

  /** Checks what cannot work, all at once. */
  public Recipe {
    List<String> problems = new ArrayList<>();
    for (int steps : new int[] {pretraining.steps(), fineTuning.steps(), expertSteps, routing.steps(), direct.steps()}) {
      if (steps < 1) {
        problems.add("%d steps of a training, which needs at least 1".formatted(steps));
      }
    }
    if (context < 2) {
      problems.add("a context of %d tokens, which must be at least 2".formatted(context));
    }
    if (batch < 1 || microBatch < 1 || batch % microBatch != 0) {
      problems.add("batches of %d windows cannot be computed %d at a time".formatted(batch, microBatch));
    }
    if (spacing < 0) {
      problems.add("%d steps between snapshots, which must not be negative".formatted(spacing));
    }
    if (evaluationWindows < 1) {
      problems.add("%d windows to evaluate on, which must be at least 1".formatted(evaluationWindows));
    }
    if (ckaSamples < 4) {
      problems.add("CKA of %d windows, which needs at least 4".formatted(ckaSamples));
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException("these settings do not work: " + String.join("; ", problems));
    }
  }

  /** Returns the shape of a base that is pretrained here. */
  Gpt2Configuration model(int vocabularySize) {
    return Gpt2Configuration.of(vocabularySize, context, width, layers, heads);
  }

  /** Returns the specialists whose snapshots are merged. */
  public Lineage overTime() {
    return new Lineage("plain", fineTuning.steps(), false);
  }

  /** Returns the specialists that are routed over: the last of {@link #overTime}, or others that were trained shorter. */
  public Lineage experts() {
    return expertSteps == fineTuning.steps() ? overTime() : new Lineage("short", expertSteps, false);
  }

  /** Returns specialists that read pretraining text, too. */
  public Lineage mixed() {
    return new Lineage("mixed", expertSteps, true);
  }

  /** Returns the steps at which specialists are merged over time, from 0 to the last. */
  public List<Integer> snapshotSteps(int steps) {
    TreeSet<Integer> kept = new TreeSet<>(List.of(0, steps));
    IntStream.iterate(spacing == 0 ? FIRST_DOUBLED : spacing, s -> s < steps, s -> spacing == 0 ? 2 * s : s + spacing).forEach(kept::add);
    return List.copyOf(kept);
  }

  /** Returns the first steps in fine grain: 0, 10, ..., 100. */
  public List<Integer> firstSteps(int steps) {
    return IntStream.rangeClosed(0, FINE_END / FINE_GRAIN).map(i -> i * FINE_GRAIN).filter(s -> s <= steps).boxed().toList();
  }
}
