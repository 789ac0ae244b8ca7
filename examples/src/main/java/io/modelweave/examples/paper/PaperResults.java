package io.modelweave.examples.paper;

import io.modelweave.cka.CkaMatrix;
import java.util.Comparator;
import java.util.List;
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
}
