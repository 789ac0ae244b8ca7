package io.modelweave.benchmarks.suite;

import java.util.Arrays;
import java.util.Locale;

/** How numbers are summed up and printed in all tables. */
final class Numbers {

  private static final String[] PREFIXES = {"", "k", "M", "G", "T"};

  private Numbers() {}

  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  /** Returns half the distance of the extremes as a part of the median. */
  static double spread(double[] values) {
    return (Arrays.stream(values).max().orElseThrow() - Arrays.stream(values).min().orElseThrow()) / 2 / median(values);
  }

  /** Three digits or so: {@code 1,782}, {@code 65.4}, {@code 0.91}, {@code 0.004}; nothing for a number that is not there. */
  static String plain(double value) {
    if (Double.isNaN(value)) {
      return "";
    }
    if (value != 0 && Math.abs(value) < 0.01) {
      return String.format(Locale.ROOT, "%.3f", value);
    }
    return String.format(Locale.ROOT, Math.abs(value) < 10 ? "%.2f" : Math.abs(value) < 100 ? "%.1f" : "%,.0f", value);
  }

  static String percent(double part) {
    return Double.isNaN(part) ? "" : String.format(Locale.ROOT, "%.0f %%", 100 * part);
  }

  /** A rate with a prefix: {@code 1.42 GB/s}, {@code 226 M elements/s}. */
  static String rate(double perSecond, String unit) {
    if (Double.isNaN(perSecond) || unit.isEmpty()) {
      return "";
    }
    int prefix = 0;
    double scaled = perSecond;
    while (scaled >= 1000 && prefix < PREFIXES.length - 1) {
      scaled /= 1000;
      prefix++;
    }
    String separator = unit.length() == 1 || PREFIXES[prefix].isEmpty() ? "" : " ";
    return "%s %s%s%s/s".formatted(plain(scaled), PREFIXES[prefix], separator, unit);
  }
}
