package io.modelweave.benchmarks.suite;

import java.util.List;

/**
 * How the cost of something grows: a figure.
 *
 * @param name of the file, without its ending
 * @param xLabel what grows
 * @param series what was measured
 */
record Curve(String name, String title, String xLabel, List<Series> series) {

  /**
   * One kind of measurement.
   *
   * @param points in ascending order of {@code x}
   */
  record Series(String name, List<Point> points) {}

  /**
   * One measurement.
   *
   * @param floorMilliseconds what the cost model says at the rates of this machine
   * @param peakMegabytes 0 if nobody looked
   */
  record Point(double x, double milliseconds, double floorMilliseconds, long peakMegabytes) {}
}
