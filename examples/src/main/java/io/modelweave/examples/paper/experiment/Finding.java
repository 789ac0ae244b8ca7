package io.modelweave.examples.paper.experiment;

import java.util.Locale;

/**
 * A claim of the paper beside what a run measured.
 *
 * @param holds whether the run shows it
 * @param claim in a few words
 * @param criterion what a run must measure to show it
 * @param paper the paper's numbers, cross-entropies in nats per token; from its text, its code's documentation or its notebooks
 * @param measured this run's numbers
 */
public record Finding(boolean holds, String claim, String criterion, String paper, String measured) {

  /** Returns claim and measurement. */
  public String sentence() {
    return claim + ": " + measured;
  }

  static String text(String format, Object... numbers) {
    return String.format(Locale.ROOT, format, numbers);
  }
}
