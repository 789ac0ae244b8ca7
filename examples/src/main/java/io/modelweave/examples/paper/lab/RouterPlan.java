package io.modelweave.examples.paper.lab;

/**
 * Routers to train on the target.
 *
 * @param lineage of the specialists whose MLPs are the experts
 * @param step of the specialists
 * @param window layers each block routes to
 * @param kind what else is special
 * @param seed of initial weights and batches, from 0
 */
public record RouterPlan(Lineage lineage, int step, int window, Kind kind, int seed) {

  /** Kinds of routers. */
  public enum Kind {
    /** A router for each block. */
    STANDARD,
    /** One router for all blocks. */
    SHARED,
    /** The base as a third source of experts. */
    WITH_BASE
  }

  String stage() {
    return "routing/%s-%06d-window-%d-%s-seed-%d".formatted(lineage.name(), step, window, kind.name().toLowerCase(java.util.Locale.ROOT),
        seed);
  }
}
