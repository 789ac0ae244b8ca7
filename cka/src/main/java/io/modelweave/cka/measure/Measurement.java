package io.modelweave.cka.measure;

import io.modelweave.cka.Comparison;
import java.util.List;

/**
 * The plain {@link Comparison} of measures that have one number.
 *
 * @param value the number; NaN if it is undefined, which a warning then explains
 * @param n the number of samples
 * @param p the width of x
 * @param q the width of y
 * @param warnings what makes the value hard to read or undefined
 */
record Measurement(double value, int n, int p, int q, List<String> warnings) implements Comparison {

  Measurement {
    warnings = List.copyOf(warnings);
  }
}
