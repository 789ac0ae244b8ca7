package io.modelweave.benchmarks.suite;

/**
 * One time of one case.
 *
 * @param side {@link #OURS} or the name of a peer
 * @param peakMegabytes largest resident memory, 0 if nobody looked
 */
record Sample(String side, Case measured, double milliseconds, long peakMegabytes) {

  static final String OURS = "Modelweave";
}
