package io.modelweave.examples.paper.experiment;

import static io.modelweave.examples.paper.experiment.Finding.text;
import static io.modelweave.examples.paper.experiment.StepChart.TARGET_LOSS;

import io.modelweave.cka.Score;
import io.modelweave.examples.paper.lab.Curve;
import io.modelweave.examples.paper.lab.Laboratory;
import io.modelweave.examples.paper.lab.Snapshot;
import io.modelweave.examples.paper.lab.Snapshots;
import io.modelweave.examples.report.LineChart;
import io.modelweave.examples.report.TrajectoryChart;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/** Do representations drift apart, and does the merged loss follow? The paper's figure 2, middle and right, on both texts. */
final class Compatibility implements Experiment {

  @Override
  public Section run(Laboratory lab) {
    Curve curve = Snapshots.overTime(lab);
    return new Section("compatibility", "Compatibility of representations", List.of(
        new Figure("cka-target",
            "CKA of the specialists' middle block on the target: debiased, biased as in the paper, and what the biased estimate gives by "
                + "chance.",
            "The paper reports the biased estimate, which for unrelated features is the null floor on average and not 0.",
            overSteps(curve, "on the target", Snapshot::targetCka)::write),
        new Figure("cka-pretraining",
            "CKA of the specialists' middle block on pretraining text: debiased, biased, and the latter's mean by chance.",
            "In the paper, the biased estimate falls to 0.971 within the first 100 steps.",
            overSteps(curve, "on pretraining text", Snapshot::pretrainingCka)::write),
        new Figure("merged-loss-over-cka-target",
            "Merged loss against CKA on the target, one point a snapshot, labelled by its step; the dashed line is the null floor of the "
                + "biased estimate, averaged over snapshots.",
            "In the paper (fig. 2, middle) the merged loss rises as CKA on adaptation text falls.",
            lossOverCka(curve, "target", Snapshot::targetCka)::write),
        new Figure("merged-loss-over-cka-pretraining",
            "The same against CKA on pretraining text.",
            "In the paper (fig. 2, right) the merged loss rises as CKA on pretraining text falls.",
            lossOverCka(curve, "pretraining", Snapshot::pretrainingCka)::write)),
        List.of(StepChart.table(curve, "cka", "CKA of the specialists' middle blocks; the null floor is what the biased estimate gives for "
            + "unrelated samples.",
            List.of("step", "merged loss", "target debiased", "target biased", "target null floor", "target standard error",
                "pretraining debiased", "pretraining biased", "pretraining null floor", "pretraining standard error"),
            s -> List.of(s.step(), s.mergedLoss(), s.targetCka().value(), s.targetCka().biased(), s.targetCka().nullFloor(),
                s.targetCka().standardError(), s.pretrainingCka().value(), s.pretrainingCka().biased(), s.pretrainingCka().nullFloor(),
                s.pretrainingCka().standardError()))),
        List.of(drift(curve)),
        curve.snapshots().stream().map(s -> List.of(s.step(), s.targetCka().fields(), s.pretrainingCka().fields())).toList());
  }

  private static LineChart overSteps(Curve curve, String where, Function<Snapshot, Score> cka) {
    return new StepChart(curve, "CKA of the specialists " + where, "CKA, middle block")
        .series("debiased", s -> cka.apply(s).value())
        .series("biased", s -> cka.apply(s).biased())
        .series("null floor of the biased", s -> cka.apply(s).nullFloor()).chart();
  }

  private static TrajectoryChart lossOverCka(Curve curve, String text, Function<Snapshot, Score> cka) {
    List<String> steps = curve.snapshots().stream()
        .map(s -> curve.criticalStep().filter(s::equals).isPresent() ? "%d, critical".formatted(s.step()) : Integer.toString(s.step()))
        .toList();
    double[] losses = StepChart.of(curve, Snapshot::mergedLoss);
    double floor = curve.snapshots().stream().mapToDouble(s -> cka.apply(s).nullFloor()).average().orElseThrow();
    return new TrajectoryChart("Merged loss and compatibility on %s text".formatted(text), "CKA of the specialists, middle block",
        "merged " + TARGET_LOSS)
        .trajectory("debiased", StepChart.of(curve, s -> cka.apply(s).value()), losses, steps)
        .trajectory("biased", StepChart.of(curve, s -> cka.apply(s).biased()), losses, Collections.nCopies(losses.length, ""))
        .mark("null floor of the biased", floor, Arrays.stream(losses).min().orElseThrow(), Arrays.stream(losses).max().orElseThrow());
  }

  private static Finding drift(Curve curve) {
    Snapshot first = curve.first();
    Snapshot last = curve.last();
    return new Finding(
        last.targetCka().value() < first.targetCka().value() && last.pretrainingCka().value() < first.pretrainingCka().value(),
        "the representations drift apart",
        "debiased CKA is smaller at the last step than at the first, on both texts",
        "CKA falls on both texts; 1.000 -> 0.971 on pretraining text within the first 100 steps (biased)",
        text("CKA %.3f -> %.3f on the target, %.3f -> %.3f on pretraining text (debiased)", first.targetCka().value(),
            last.targetCka().value(), first.pretrainingCka().value(), last.pretrainingCka().value()));
  }
}
