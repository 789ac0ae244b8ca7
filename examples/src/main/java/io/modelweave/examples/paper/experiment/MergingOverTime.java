package io.modelweave.examples.paper.experiment;

import static io.modelweave.examples.paper.experiment.Finding.text;
import static io.modelweave.examples.paper.experiment.StepChart.TARGET_LOSS;

import io.modelweave.examples.paper.experiment.ModelSizes.Size;
import io.modelweave.examples.paper.lab.Curve;
import io.modelweave.examples.paper.lab.Laboratory;
import io.modelweave.examples.paper.lab.Snapshot;
import io.modelweave.examples.paper.lab.Snapshots;
import io.modelweave.examples.report.LineChart;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** How good are the specialists, and their merges, over fine-tuning? The paper's figure 2, left, and its curves over alpha. */
final class MergingOverTime implements Experiment {

  /**
   * What report.json holds.
   *
   * @param criticalStep -1 if there is none
   * @param snapshots by step
   */
  record Results(int criticalStep, List<Snapshot> snapshots) {}

  @Override
  public Section run(Laboratory lab) {
    Curve curve = Snapshots.overTime(lab);
    return new Section("merging", "Merging over time", List.of(
        new Figure("loss-over-steps",
            "Validation loss of each specialist on its own domain, and of their merge on the target that needs both (the best alpha of the "
                + "grid, and 0.5).",
            "In the paper (fig. 2, left) the specialists improve throughout, while the merge improves only up to a critical step.",
            losses(curve).chart()::write),
        new Figure("merge-methods",
            "Ways of merging the same specialists, by their loss on the target: interpolation at its best alpha and at 0.5, TIES with the "
                + "settings of its paper (not tuned), and both models' probabilities averaged; beside the base fine-tuned on "
                + "the target itself.",
            "The paper interpolates activations only; its reviewers asked for the others.",
            methods(curve, DirectFineTuning.measure(lab).target()).chart()::write),
        new Figure("loss-over-alpha",
            "Loss on the target over alpha, the weight of the code specialist, at an early step and at the last: MLP outputs "
                + "interpolated, and weights.",
            "The paper's curves are shaped like a U around 0.5; at step 8000 the whole curve lies above that of step 1000.",
            overAlpha(curve)::write)),
        List.of(overTime(curve), ways(curve, ModelSizes.of(lab.models().base(), List.of())), grid(curve)), findings(curve),
        new Results(curve.criticalStep().map(Snapshot::step).orElse(-1), curve.snapshots()));
  }

  private static StepChart losses(Curve curve) {
    return new StepChart(curve, "Specialists and their merge, by fine-tuning step", "validation loss (nats per token)")
        .series("maths on maths", Snapshot::mathsLoss)
        .series("code on code", Snapshot::codeLoss)
        .series("merged, best alpha, on target", Snapshot::mergedLoss)
        .series("merged, alpha 0.5, on target", Snapshot::middleLoss);
  }

  private static StepChart methods(Curve curve, double direct) {
    return new StepChart(curve, "Ways of merging, by fine-tuning step", TARGET_LOSS)
        .series("activations, best alpha", Snapshot::mergedLoss)
        .series("activations, 0.5", Snapshot::middleLoss)
        .series("weights, best alpha", Snapshot::weightMergedLoss)
        .series("weights, 0.5", Snapshot::weightMiddleLoss)
        .series("TIES", Snapshot::tiesLoss)
        .series("probabilities", Snapshot::ensembleLoss)
        .series("fine-tuned on the target", s -> direct);
  }

  private static LineChart overAlpha(Curve curve) {
    LineChart chart = new LineChart("Interpolated specialists", "alpha, the weight of the code specialist", TARGET_LOSS);
    for (Snapshot s : Stream.of(curve.early(), curve.last()).distinct().toList()) {
      add(chart, "activations, step %d".formatted(s.step()), s.activationLosses());
      add(chart, "weights, step %d".formatted(s.step()), s.weightLosses());
    }
    return chart;
  }

  private static void add(LineChart chart, String name, Map<Double, Double> losses) {
    double[] alphas = losses.keySet().stream().mapToDouble(Double::doubleValue).sorted().toArray();
    double[] values = new double[alphas.length];
    for (int i = 0; i < alphas.length; i++) {
      values[i] = losses.get(alphas[i]);
    }
    chart.series(name, alphas, values);
  }

  private static Table overTime(Curve curve) {
    return StepChart.table(curve, "snapshots",
        "The specialists on their own domains, their merge on the target (the best alpha of the grid), and CKA of their middle block.",
        List.of("step", "maths", "code", "merged (activations)", "merged (weights)", "CKA target", "CKA pretraining"),
        s -> List.of(s.step(), s.mathsLoss(), s.codeLoss(), s.mergedLoss(), s.weightMergedLoss(), s.targetCka().value(),
            s.pretrainingCka().value()));
  }

  private static Table ways(Curve curve, List<Size> sizes) {
    String active = String.join("; ", sizes.stream().map(size -> text("%s %,d", size.model(), size.active())).toList());
    return StepChart.table(curve, "merge-methods",
        "Ways of merging the same specialists, on the target. Parameters held and applied to each token: %s.".formatted(active),
        List.of("step", "activations 0.5", "weights 0.5", "TIES density 0.2", "probability ensemble", "maths alone", "code alone"),
        s -> List.of(s.step(), s.middleLoss(), s.weightMiddleLoss(), s.tiesLoss(), s.ensembleLoss(),
            s.activationLosses().get(0.0), s.activationLosses().get(1.0)));
  }

  private static Table grid(Curve curve) {
    List<List<Object>> rows = new ArrayList<>();
    curve.snapshots().forEach(s -> s.activationLosses().keySet().stream().sorted().forEach(
        alpha -> rows.add(List.of(s.step(), alpha, s.activationLosses().get(alpha), s.weightLosses().get(alpha)))));
    return new Table("interpolation", "Loss on the target over alpha, the weight of the code specialist.",
        List.of("step", "alpha", "activations", "weights"), rows);
  }

  private static List<Finding> findings(Curve curve) {
    Snapshot first = curve.first();
    Snapshot best = curve.best();
    Snapshot last = curve.last();
    Map<Double, Double> alphas = last.activationLosses();
    return List.of(
        new Finding(first.mathsLoss() > last.mathsLoss() && first.codeLoss() > last.codeLoss(),
            "each specialist improves on its own domain",
            "both last losses are below the base's",
            "maths 0.846 -> 0.610, code 0.876 -> 0.684 (steps 1000 -> 8000)",
            text("maths %.3f -> %.3f, code %.3f -> %.3f", first.mathsLoss(), last.mathsLoss(), first.codeLoss(), last.codeLoss())),
        new Finding(best.mergedLoss() < first.mergedLoss() && curve.criticalStep().isPresent(),
            "the merged loss falls, then rises",
            text("the least loss is below the base's, and a later one is larger by %s or more", Curve.CLEAR_RISE),
            "2.016 (step 0) -> 1.625 (step 1000) -> 1.719 (step 8000)",
            text("%.3f (step 0) -> %.3f (step %d) -> %.3f at worst after",
                first.mergedLoss(), best.mergedLoss(), best.step(), curve.worstAfterBest())),
        new Finding(last.middleLoss() < Math.min(alphas.get(0.0), alphas.get(1.0)),
            "the merge is better on the target than either specialist",
            "at the last step, the loss at alpha 0.5 is below those at 0 and 1",
            "1.727 at alpha 0.5; 2.734 and 2.031 at 0 and 1 (step 8000)",
            text("%.3f at alpha 0.5; %.3f and %.3f at 0 and 1 (last step)", last.middleLoss(), alphas.get(0.0), alphas.get(1.0))));
  }
}
