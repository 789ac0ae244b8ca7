package io.modelweave.examples.paper;

import io.modelweave.cka.CkaMatrix;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything an experiment found.
 *
 * @param scale of models and training
 * @param data what it ran on
 * @param seed of initialisation, sampling and generation
 * @param sizes of everything that is compared
 * @param snapshots by step
 * @param layers CKA of the last specialists, layer by layer
 * @param routing per window
 * @param seconds wall time of each phase
 */
record PaperResults(Scale scale, String data, long seed, List<ModelSize> sizes, List<Snapshot> snapshots, LayerMaps layers,
    List<Routing> routing, Map<String, Double> seconds) {

  /**
   * A trained router.
   *
   * @param window layers each block routes to
   * @param loss nats per token on the target
   * @param trained parameters of the routers
   * @param total parameters of the routed model
   */
  record Routing(int window, double loss, long trained, long total) {}

  /**
   * CKA of every layer with every layer on the target, debiased.
   *
   * @param withinMaths of the maths specialist with itself
   * @param across of the maths specialist (rows) with the code specialist
   * @param withMerge of the maths specialist (rows) with the merge of both at alpha 0.5, activations interpolated
   */
  record LayerMaps(CkaMatrix withinMaths, CkaMatrix across, CkaMatrix withMerge) {}

  /** Nats per token that count as a clear rise of the merged loss. */
  static final double CLEAR_RISE = 0.05;

  /**
   * Returns the critical step: the snapshot with the least merged loss (activations interpolated, the best alpha of the grid), if the
   * merged loss of a later snapshot is larger by at least {@link #CLEAR_RISE}. Empty if the loss still falls, or hardly rises, at the
   * end: then specialisation has not gone far enough to see one. Its resolution is the distance between snapshots.
   */
  Optional<Snapshot> criticalStep() {
    return criticalStep(snapshots);
  }

  static Optional<Snapshot> criticalStep(List<Snapshot> snapshots) {
    Snapshot best = best(snapshots);
    return Optional.of(best).filter(b -> worstFrom(b, snapshots) >= b.mergedLoss() + CLEAR_RISE);
  }

  /** Returns the largest merged loss from the best step on. */
  double worstAfterBest() {
    return worstFrom(best(), snapshots);
  }

  private static double worstFrom(Snapshot first, List<Snapshot> snapshots) {
    return snapshots.stream().filter(s -> s.step() >= first.step()).mapToDouble(Snapshot::mergedLoss).max().orElseThrow();
  }

  private static Snapshot best(List<Snapshot> snapshots) {
    return snapshots.stream().min(Comparator.comparingDouble(Snapshot::mergedLoss)).orElseThrow();
  }

  /** Returns the parameters of one model. */
  long parameters() {
    return sizes.get(0).total();
  }

  /** Returns the snapshot whose merge is best. */
  Snapshot best() {
    return best(snapshots);
  }

  Snapshot first() {
    return snapshots.get(0);
  }

  Snapshot last() {
    return snapshots.get(snapshots.size() - 1);
  }
}
