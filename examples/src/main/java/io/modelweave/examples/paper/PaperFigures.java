package io.modelweave.examples.paper;

import io.modelweave.cka.Score;
import io.modelweave.examples.paper.PaperResults.Routing;
import io.modelweave.examples.report.LineChart;
import io.modelweave.examples.report.TrajectoryChart;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** The figures of the paper, drawn from the results of a run. */
final class PaperFigures {

  private static final String STEP = "fine-tuning step";
  private static final String TARGET_LOSS = "loss on target (nats per token)";

  private final PaperResults results;

  PaperFigures(PaperResults results) {
    this.results = results;
  }

  /** Returns all figures in the order of the report. */
  List<Figure> all() {
    return List.of(
        new Figure("loss-over-steps",
            "Validation loss of each specialist on its own domain, and of their merge on the target that needs both (the best alpha of the "
                + "grid).",
            "In the paper (fig. 2, left) the specialists improve throughout, while the merge improves only up to a critical step.",
            lossChart()::write),
        new Figure("merge-methods",
            "Ways of merging the same specialists, by their loss on the target: interpolation at its best alpha and at 0.5, TIES with the "
                + "settings of its paper (not tuned), and both models' probabilities averaged.",
            "The paper interpolates activations only; its reviewers asked for the others.",
            methodsChart()::write),
        new Figure("loss-over-alpha",
            "Loss on the target over alpha, the weight of the code specialist, at the best step and at the last: MLP outputs interpolated, "
                + "and weights.",
            "The paper's curves are shaped like a U around 0.5; at step 8000 the whole curve lies above that of step 1000.",
            alphaChart()::write),
        new Figure("cka-target",
            "CKA of the specialists' middle block on the target: debiased, biased as in the paper, and what the biased estimate gives by "
                + "chance.",
            "The paper reports the biased estimate, which for unrelated features is the null floor on average and not 0.",
            ckaOverSteps("on the target", Snapshot::targetCka)::write),
        new Figure("cka-pretraining",
            "CKA of the specialists' middle block on pretraining text: debiased, biased, and the latter's mean by chance.",
            "In the paper, the biased estimate falls to 0.971 within the first 100 steps.",
            ckaOverSteps("on pretraining text", Snapshot::pretrainingCka)::write),
        new Figure("merged-loss-over-cka",
            "Merged loss against the CKA of the specialists' middle block, one point a snapshot, labelled by its step.",
            "In the paper (fig. 2, middle and right) the merged loss rises as CKA falls, on adaptation as on pretraining text.",
            ckaChart()::write),
        new Figure("forgetting",
            "Loss on pretraining text of the specialists and of their merge at alpha 0.5.",
            "The paper's specialists reach 4.029 (maths) and 3.596 (code) on pretraining text, 3.046 and 3.035 if it is mixed into their data.",
            forgettingChart()::write),
        new Figure("layer-cka-maths",
            "CKA of every block with every other within the last maths specialist, on the target.",
            "In the paper (fig. 6) CKA falls with the distance between layers.",
            file -> results.layers().withinMaths().writePng(file, "CKA within the maths specialist")),
        new Figure("layer-cka",
            "CKA of every block of the last maths specialist with every block of the last code specialist, on the target.",
            "In the paper (fig. 6) it falls with the distance between layers across models, too.",
            file -> results.layers().across().writePng(file, "CKA of maths (rows) and code (columns) specialist")),
        new Figure("layer-cka-merge",
            "CKA of every block of the last maths specialist with every block of the merge at alpha 0.5, on the target.",
            "The paper compares before merging only; its reviewers asked for this one.",
            file -> results.layers().withMerge().writePng(file, "CKA of maths specialist (rows) and merge (columns)")),
        new Figure("routing-loss",
            "Loss on the target of trained routers over the number of layers whose experts each block may use.",
            "In the paper (fig. 5 and its code's documentation) two layers gain 0.109 over one, the third 0.031, the fourth 0.008.",
            routingChart()::write));
  }

  private LineChart lossChart() {
    LineChart chart = new LineChart("Specialists and their merge, by fine-tuning step", STEP, "validation loss (nats per token)").logX();
    add(chart, "maths on maths", Snapshot::mathsLoss);
    add(chart, "code on code", Snapshot::codeLoss);
    add(chart, "activations merged, on target", Snapshot::mergedLoss);
    add(chart, "weights merged, on target", Snapshot::weightMergedLoss);
    return marked(chart);
  }

  private LineChart methodsChart() {
    LineChart chart = new LineChart("Ways of merging, by fine-tuning step", STEP, TARGET_LOSS).logX();
    add(chart, "activations, best alpha", Snapshot::mergedLoss);
    add(chart, "activations, 0.5", Snapshot::middleLoss);
    add(chart, "weights, best alpha", Snapshot::weightMergedLoss);
    add(chart, "weights, 0.5", Snapshot::weightMiddleLoss);
    add(chart, "TIES", Snapshot::tiesLoss);
    add(chart, "probabilities", Snapshot::ensembleLoss);
    return marked(chart);
  }

  private LineChart forgettingChart() {
    LineChart chart = new LineChart("Forgetting", STEP, "loss on pretraining text (nats per token)").logX();
    add(chart, "maths specialist", s -> s.retention().maths());
    add(chart, "code specialist", s -> s.retention().code());
    add(chart, "merge, alpha 0.5", s -> s.retention().merged());
    return marked(chart);
  }

  private LineChart ckaOverSteps(String where, Function<Snapshot, Score> cka) {
    LineChart chart = new LineChart("CKA of the specialists " + where, STEP, "CKA, middle block").logX();
    add(chart, "debiased", s -> cka.apply(s).value());
    add(chart, "biased", s -> cka.apply(s).biased());
    add(chart, "null floor of the biased", s -> cka.apply(s).nullFloor());
    return marked(chart);
  }

  private void add(LineChart chart, String name, ToDoubleFunction<Snapshot> value) {
    chart.series(name, ofSnapshots(Snapshot::step), ofSnapshots(value));
  }

  private LineChart marked(LineChart chart) {
    results.criticalStep().ifPresent(s -> chart.mark("critical step, %d".formatted(s.step()), s.step()));
    return chart;
  }

  private TrajectoryChart ckaChart() {
    Optional<Snapshot> critical = results.criticalStep();
    List<String> steps = results.snapshots().stream()
        .map(s -> critical.filter(s::equals).isPresent() ? "%d, critical".formatted(s.step()) : Integer.toString(s.step())).toList();
    double[] losses = ofSnapshots(Snapshot::mergedLoss);
    String title = "Merged loss and compatibility, by fine-tuning step";
    return new TrajectoryChart(title, "CKA of the specialists (debiased)", "merged " + TARGET_LOSS)
        .trajectory("on target text", ofSnapshots(s -> s.targetCka().value()), losses, steps)
        .trajectory("on pretraining text", ofSnapshots(s -> s.pretrainingCka().value()), losses, steps);
  }

  private LineChart alphaChart() {
    LineChart chart = new LineChart("Interpolated specialists", "alpha, the weight of the code specialist", TARGET_LOSS);
    for (Snapshot s : Stream.of(results.best(), results.last()).distinct().toList()) {
      addAlphas(chart, "activations, step %d".formatted(s.step()), s.activationLosses());
      addAlphas(chart, "weights, step %d".formatted(s.step()), s.weightLosses());
    }
    return chart;
  }

  private static void addAlphas(LineChart chart, String name, Map<Double, Double> losses) {
    chart.series(name, losses.keySet().stream().mapToDouble(Double::doubleValue).toArray(),
        losses.values().stream().mapToDouble(Double::doubleValue).toArray());
  }

  private LineChart routingChart() {
    double[] windows = results.routing().stream().mapToDouble(Routing::window).toArray();
    double[] merged = new double[windows.length];
    Arrays.fill(merged, results.last().mergedLoss());
    return new LineChart("Routing across layers", "layers in each block's window", TARGET_LOSS)
        .series("trained routers", windows, results.routing().stream().mapToDouble(Routing::loss).toArray())
        .series("best interpolation of the same specialists", windows, merged);
  }

  private double[] ofSnapshots(ToDoubleFunction<Snapshot> value) {
    return results.snapshots().stream().mapToDouble(value).toArray();
  }
}
