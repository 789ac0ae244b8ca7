package io.modelweave.examples.report;

/** Named points of a chart: as many x as y, all finite. */
record Series(String name, double[] x, double[] y) {

  Series {
    if (x.length == 0 || x.length != y.length) {
      throw new IllegalArgumentException("series \"%s\" has %d x and %d y values; it needs as many of both, at least one".formatted(name, x.length, y.length));
    }
    for (int i = 0; i < x.length; i++) {
      if (!Double.isFinite(x[i]) || !Double.isFinite(y[i])) {
        throw new IllegalArgumentException("series \"%s\" has the point (%s, %s) at position %d, which cannot be drawn".formatted(name, x[i], y[i], i));
      }
    }
    x = x.clone();
    y = y.clone();
  }
}
