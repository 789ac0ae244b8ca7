package io.modelweave.examples.paper;

import io.modelweave.cka.CkaMatrix;
import io.modelweave.examples.paper.PaperResults.Routing;
import io.modelweave.examples.paper.Snapshot.Retention;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A claim of the paper beside what a run measured.
 *
 * @param holds whether the run shows it
 * @param claim in a few words
 * @param paper the paper's numbers, cross-entropies in nats per token; from its text, its code's documentation or its notebooks
 * @param measured this run's numbers
 */
record Finding(boolean holds, String claim, String paper, String measured) {

  String sentence() {
    return claim + ": " + measured;
  }

  /** Returns every claim that the results bear on. */
  static List<Finding> of(PaperResults results) {
    return List.of(improvement(results), fallAndRise(results), bestInTheMiddle(results), forgetting(results), drift(results),
        distance(results), routing(results), acrossLayers(results));
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
    return new Finding(best.mergedLoss() < results.first().mergedLoss() && results.criticalStep().isPresent(),
        "the merged loss falls, then rises",
        "2.016 (step 0) -> 1.625 (step 1000) -> 1.719 (step 8000)",
        text("%.3f (step 0) -> %.3f (step %d) -> %.3f at worst after",
            results.first().mergedLoss(), best.mergedLoss(), best.step(), results.worstAfterBest()));
  }

  private static Finding bestInTheMiddle(PaperResults results) {
    Map<Double, Double> losses = results.last().activationLosses();
    return new Finding(results.last().middleLoss() < Math.min(losses.get(0.0), losses.get(1.0)),
        "the merge is better on the target than either specialist",
        "1.727 at alpha 0.5; 2.734 and 2.031 at 0 and 1 (step 8000)",
        text("%.3f at alpha 0.5; %.3f and %.3f at 0 and 1 (last step)", results.last().middleLoss(), losses.get(0.0), losses.get(1.0)));
  }

  private static Finding forgetting(PaperResults results) {
    Retention first = results.first().retention();
    Retention last = results.last().retention();
    return new Finding(last.maths() > first.maths() && last.code() > first.code(), "specialists forget pretraining text",
        "maths 4.029, code 3.596; 3.046 and 3.035 if pretraining text is mixed in",
        text("maths %.3f -> %.3f, code %.3f -> %.3f", first.maths(), last.maths(), first.code(), last.code()));
  }

  private static Finding distance(PaperResults results) {
    CkaMatrix within = results.layers().withinMaths();
    int end = within.layersA().size() - 1;
    double neighbours = IntStream.range(0, end).mapToDouble(i -> within.value(i, i + 1)).average().orElseThrow();
    return new Finding(within.value(0, end) < neighbours, "layers are less alike the further apart they are",
        "heat maps fade away from the diagonal",
        text("CKA %.3f of neighbours on average, %.3f of the first block and the last (maths specialist)",
            neighbours, within.value(0, end)));
  }

  private static Finding drift(PaperResults results) {
    Snapshot first = results.first();
    Snapshot last = results.last();
    return new Finding(
        last.targetCka().value() < first.targetCka().value() && last.pretrainingCka().value() < first.pretrainingCka().value(),
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
        "1.313 within one layer; 1.203, 1.172, 1.164 across 2, 3, 4",
        text("%.3f within one layer; %.3f across the best number of them", alone, across));
  }

  private static String text(String format, Object... numbers) {
    return String.format(Locale.ROOT, format, numbers);
  }
}
