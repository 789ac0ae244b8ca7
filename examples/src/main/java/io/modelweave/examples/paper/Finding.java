package io.modelweave.examples.paper;

import io.modelweave.examples.paper.PaperResults.Routing;
import java.util.List;
import java.util.Locale;

/**
 * A claim of the paper beside what a run measured.
 *
 * @param holds whether the run shows it
 * @param claim in a few words
 * @param paper the paper's numbers, cross-entropies in nats per token; from its text, its code's documentation or its notebooks
 * @param measured this run's numbers
 */
record Finding(boolean holds, String claim, String paper, String measured) {

  private static final double CLEAR_RISE = 0.05;

  String sentence() {
    return claim + ": " + measured;
  }

  /** Returns every claim that the results bear on. */
  static List<Finding> of(PaperResults results) {
    return List.of(improvement(results), fallAndRise(results), drift(results), routing(results), acrossLayers(results));
  }

  private static Finding improvement(PaperResults results) {
    Snapshot first = results.first();
    Snapshot last = results.last();
    return new Finding(first.mathsLoss() > last.mathsLoss() && first.codeLoss() > last.codeLoss(),
        "each specialist improves on its own domain",
        "maths 0.846 -> 0.610, code 0.876 -> 0.684 (steps 1000 -> 8000)",
        text("maths %.3f -> %.3f, code %.3f -> %.3f", first.mathsLoss(), last.mathsLoss(), first.codeLoss(), last.codeLoss()));
  }

  private static Finding fallAndRise(PaperResults results) {
    Snapshot best = results.best();
    double worstAfter = results.snapshots().stream().filter(s -> s.step() >= best.step()).mapToDouble(Snapshot::mergedLoss).max().orElseThrow();
    return new Finding(best.mergedLoss() < results.first().mergedLoss() && worstAfter >= best.mergedLoss() + CLEAR_RISE,
        "the merged loss falls, then rises",
        "2.016 (step 0) -> 1.625 (step 1000) -> 1.719 (step 8000)",
        text("%.3f (step 0) -> %.3f (step %d) -> %.3f at worst after", results.first().mergedLoss(), best.mergedLoss(), best.step(), worstAfter));
  }

  private static Finding drift(PaperResults results) {
    Snapshot first = results.first();
    Snapshot last = results.last();
    return new Finding(last.targetCka().value() < first.targetCka().value() && last.pretrainingCka().value() < first.pretrainingCka().value(),
        "the representations drift apart",
        "CKA falls on both texts; 1.000 -> 0.971 on pretraining text within the first 100 steps (biased)",
        text("CKA %.3f -> %.3f on the target, %.3f -> %.3f on pretraining text (debiased)", first.targetCka().value(),
            last.targetCka().value(), first.pretrainingCka().value(), last.pretrainingCka().value()));
  }

  private static Finding routing(PaperResults results) {
    double merged = results.snapshots().stream().mapToDouble(s -> Math.min(s.mergedLoss(), s.weightMergedLoss())).min().orElseThrow();
    double routed = results.routing().stream().mapToDouble(Routing::loss).min().orElseThrow();
    return new Finding(routed < merged, "trained routing beats the best interpolation",
        "1.344 against 1.719 (step 8000), 1.328 against 1.625 (step 1000)", text("%.3f against %.3f", routed, merged));
  }

  private static Finding acrossLayers(PaperResults results) {
    double alone = results.routing().get(0).loss();
    double across = results.routing().stream().skip(1).mapToDouble(Routing::loss).min().orElse(Double.NaN);
    return new Finding(across < alone, "routing across layers beats routing within one",
        "1.313 within one layer; 1.203, 1.172, 1.164 across 2, 3, 4", text("%.3f within one layer; %.3f across the best number of them", alone, across));
  }

  private static String text(String format, Object... numbers) {
    return String.format(Locale.ROOT, format, numbers);
  }
}
