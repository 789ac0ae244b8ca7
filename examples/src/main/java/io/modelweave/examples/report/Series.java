package io.modelweave.examples.report;

import java.util.Arrays;

/** Named points of a chart: as many x as y, all finite, and as many errors of y, or none. */
record Series(String name, double[] x, double[] y, double[] errors) {

  Series(String name, double[] x, double[] y) {
    this(name, x, y, new double[0]);
  }

  Series {
    if (x.length == 0 || x.length != y.length) {
      throw new IllegalArgumentException("series \"%s\" has %d x and %d y values; it needs as many of both, at least one"
          .formatted(name, x.length, y.length));
    }
    for (int i = 0; i < x.length; i++) {
      if (!Double.isFinite(x[i]) || !Double.isFinite(y[i])) {
        throw new IllegalArgumentException("series \"%s\" has the point (%s, %s) at position %d, which cannot be drawn"
            .formatted(name, x[i], y[i], i));
      }
    }
    if (errors.length != 0 && (errors.length != x.length || Arrays.stream(errors).anyMatch(e -> !(e >= 0) || Double.isInfinite(e)))) {
      throw new IllegalArgumentException("series \"%s\" has the errors %s; it needs %d that are finite and not negative, or none"
          .formatted(name, Arrays.toString(errors), x.length));
    }
    errors = errors.clone();
    x = x.clone();
    y = y.clone();
  }
}
