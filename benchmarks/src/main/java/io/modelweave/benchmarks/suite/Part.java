package io.modelweave.benchmarks.suite;

import java.util.List;
import java.util.function.Consumer;

/** A benchmark with its peers: what one line of the catalogue runs. */
interface Part {

  /** The name of the class, without its package. */
  String name();

  /** Returns how often both sides take their turn. */
  int rounds(boolean quick);

  /**
   * Returns the turns of one round, ours before the peers'.
   *
   * @param round counted from 0
   */
  List<Turn> turns(Session session, int round);

  /** Returns what a case cannot do without. */
  Work work(Case measured);

  /**
   * One side's turn.
   *
   * @param side who, for the progress
   * @param run hands over samples as they come; throws what went wrong
   */
  record Turn(String side, Consumer<Consumer<Sample>> run) {}
}
