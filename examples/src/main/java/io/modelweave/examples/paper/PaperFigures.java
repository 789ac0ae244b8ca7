package io.modelweave.examples.paper;

import io.modelweave.examples.paper.PaperResults.Routing;
import io.modelweave.examples.report.LineChart;
import io.modelweave.examples.report.TrajectoryChart;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

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
            "Validation loss of each specialist on its own domain, and of their merge on the target that needs both (the best alpha of the grid).",
            "In the paper (fig. 2, left) the specialists improve throughout, while the merge improves only up to a critical step.",
            lossChart()::write),
        new Figure("loss-over-alpha",
            "Loss on the target over alpha, the weight of the code specialist, for MLP outputs interpolated at the best step and at the last.",
            "The paper's curves are shaped like a U around 0.5; at step 8000 the whole curve lies above that of step 1000.",
            alphaChart()::write),
        new Figure("merged-loss-over-cka",
            "Merged loss against the CKA of the specialists' middle block, one point a snapshot, labelled by its step.",
            "In the paper (fig. 2, middle and right) the merged loss rises as CKA falls, on adaptation as on pretraining text.",
            ckaChart()::write),
        new Figure("layer-cka-maths",
            "CKA of every block with every other within the last maths specialist, on the target.",
            "In the paper (fig. 6) CKA falls with the distance between layers.",
            file -> results.withinMaths().writePng(file, "CKA within the maths specialist")),
        new Figure("layer-cka",
            "CKA of every block of the last maths specialist with every block of the last code specialist, on the target.",
            "In the paper (fig. 6) it falls with the distance between layers across models, too.",
            file -> results.acrossModels().writePng(file, "CKA of maths (rows) and code (columns) specialist")),
        new Figure("routing-loss",
            "Loss on the target of trained routers over the number of layers whose experts each block may use.",
            "In the paper (fig. 5 and its code's documentation) two layers gain 0.109 over one, the third 0.031, the fourth 0.008.",
            routingChart()::write));
  }

  private LineChart lossChart() {
    double[] steps = ofSnapshots(Snapshot::step);
    return new LineChart("Specialists and their merge, by fine-tuning step", STEP, "validation loss (nats per token)").logX()
        .series("maths on maths", steps, ofSnapshots(Snapshot::mathsLoss))
        .series("code on code", steps, ofSnapshots(Snapshot::codeLoss))
        .series("activations merged, on target", steps, ofSnapshots(Snapshot::mergedLoss))
        .series("weights merged, on target", steps, ofSnapshots(Snapshot::weightMergedLoss));
  }

  private TrajectoryChart ckaChart() {
    List<String> steps = results.snapshots().stream().map(s -> Integer.toString(s.step())).toList();
    double[] losses = ofSnapshots(Snapshot::mergedLoss);
    return new TrajectoryChart("Merged loss and compatibility, by fine-tuning step", "CKA of the specialists (debiased)", "merged " + TARGET_LOSS)
        .trajectory("on target text", ofSnapshots(s -> s.targetCka().value()), losses, steps)
        .trajectory("on pretraining text", ofSnapshots(s -> s.pretrainingCka().value()), losses, steps);
  }

  private LineChart alphaChart() {
    LineChart chart = new LineChart("Interpolated MLP outputs", "alpha, the weight of the code specialist", TARGET_LOSS);
    for (Snapshot s : List.of(results.best(), results.last())) {
      chart.series(s == results.last() ? "last step, %d".formatted(s.step()) : "best step, %d".formatted(s.step()),
          s.activationLosses().keySet().stream().mapToDouble(Double::doubleValue).toArray(),
          s.activationLosses().values().stream().mapToDouble(Double::doubleValue).toArray());
      if (s == results.last()) {
        break; // the best step may be the last
      }
    }
    return chart;
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
