package io.modelweave.examples.paper.lab;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Two specialists and their merges over fine-tuning.
 *
 * @param snapshots by step, the base first
 */
public record Curve(List<Snapshot> snapshots) {

  /** Nats per token that count as a clear rise of the merged loss. */
  public static final double CLEAR_RISE = 0.05;

  /** Copies the list. */
  public Curve {
    snapshots = List.copyOf(snapshots);
  }

  /**
   * Returns the critical step: the snapshot with the least merged loss (activations interpolated, the best alpha of the grid), if the
   * merged loss of a later snapshot is larger by at least {@link #CLEAR_RISE}. Empty if the loss still falls, or hardly rises, at the
   * end: then specialisation has not gone far enough to see one. Its resolution is the distance between snapshots.
   */
  public Optional<Snapshot> criticalStep() {
    return Optional.of(best()).filter(best -> worstAfterBest() >= best.mergedLoss() + CLEAR_RISE);
  }

  /** Returns the largest merged loss from the best step on. */
  public double worstAfterBest() {
    int best = best().step();
    return snapshots.stream().filter(s -> s.step() >= best).mapToDouble(Snapshot::mergedLoss).max().orElseThrow();
  }

  /** Returns the snapshot whose merge is best. */
  public Snapshot best() {
    return snapshots.stream().min(Comparator.comparingDouble(Snapshot::mergedLoss)).orElseThrow();
  }

  /** Returns the base. */
  public Snapshot first() {
    return snapshots.get(0);
  }

  /** Returns the last specialists. */
  public Snapshot last() {
    return snapshots.get(snapshots.size() - 1);
  }

  /** Returns the early specialists to hold against the last: the best, or, if that is the base or the last, those half-way. */
  public Snapshot early() {
    return best().step() == 0 || best().equals(last()) ? snapshots.get(snapshots.size() / 2) : best();
  }

  /** Returns the least loss of any interpolation, of activations or weights. */
  public double bestInterpolation() {
    return snapshots.stream().mapToDouble(s -> Math.min(s.mergedLoss(), s.weightMergedLoss())).min().orElseThrow();
  }
}
