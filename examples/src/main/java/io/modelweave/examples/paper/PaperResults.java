package io.modelweave.examples.paper;

import io.modelweave.cka.CkaMatrix;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Everything an experiment found.
 *
 * @param scale of models and training
 * @param data what it ran on
 * @param seed of initialisation, sampling and generation
 * @param parameters of one model
 * @param snapshots by step
 * @param withinMaths layer by layer CKA within the maths specialist, on the target
 * @param acrossModels layer by layer CKA between the final specialists, on the target
 * @param routing per window
 * @param seconds wall time of each phase
 */
record PaperResults(Scale scale, String data, long seed, long parameters, List<Snapshot> snapshots, CkaMatrix withinMaths,
    CkaMatrix acrossModels, List<Routing> routing, Map<String, Double> seconds) {

  /**
   * A trained router.
   *
   * @param window layers each block routes to
   * @param loss nats per token on the target
   * @param trained parameters of the routers
   * @param total parameters of the routed model
   */
  record Routing(int window, double loss, long trained, long total) {}

  /** Returns the snapshot whose merge is best: the critical point. */
  Snapshot best() {
    return snapshots.stream().min(Comparator.comparingDouble(Snapshot::mergedLoss)).orElseThrow();
  }

  Snapshot first() {
    return snapshots.get(0);
  }

  Snapshot last() {
    return snapshots.get(snapshots.size() - 1);
  }

  /** Returns what the paper claims, and whether this run shows it. */
  List<Finding> findings() {
    double routedAlone = routing.get(0).loss();
    double routedAcross = routing.stream().skip(1).mapToDouble(Routing::loss).min().orElse(Double.NaN);
    double bestMerge = snapshots.stream().mapToDouble(s -> Math.min(s.mergedLoss(), s.weightMergedLoss())).min().orElseThrow();
    double worstAfter = snapshots.stream().filter(s -> s.step() >= best().step()).mapToDouble(Snapshot::mergedLoss).max().orElseThrow();
    return List.of(
        Finding.of(first().mathsLoss() > last().mathsLoss() && first().codeLoss() > last().codeLoss(),
            "each specialist improves on its own domain: maths %.3f -> %.3f, code %.3f -> %.3f",
            first().mathsLoss(), last().mathsLoss(), first().codeLoss(), last().codeLoss()),
        Finding.of(best().mergedLoss() < first().mergedLoss() && worstAfter >= best().mergedLoss() + 0.05,
            "the merged loss falls, then rises: %.3f -> %.3f (step %d) -> %.3f",
            first().mergedLoss(), best().mergedLoss(), best().step(), worstAfter),
        Finding.of(last().targetCka().value() < first().targetCka().value() && last().pretrainingCka().value() < first().pretrainingCka().value(),
            "the representations drift apart: CKA %.3f -> %.3f on the target, %.3f -> %.3f on pretraining text",
            first().targetCka().value(), last().targetCka().value(), first().pretrainingCka().value(), last().pretrainingCka().value()),
        Finding.of(routing.stream().mapToDouble(Routing::loss).min().orElseThrow() < bestMerge,
            "trained routing beats the best interpolation: %.3f against %.3f", Math.min(routedAlone, routedAcross), bestMerge),
        Finding.of(routedAcross < routedAlone,
            "routing across layers beats routing within one: %.3f against %.3f", routedAcross, routedAlone));
  }

  /** A claim with its numbers, and whether it held. */
  record Finding(boolean holds, String sentence) {

    static Finding of(boolean holds, String format, Object... numbers) {
      return new Finding(holds, String.format(Locale.ROOT, format, numbers));
    }
  }
}
