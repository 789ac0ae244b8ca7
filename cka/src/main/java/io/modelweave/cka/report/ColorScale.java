package io.modelweave.cka.report;

import java.awt.Color;

/**
 * Viridis between two values: even steps of lightness, legible in grey and to the colour blind.
 *
 * <p>Source: Smith and van der Walt 2015, at eleven stops.
 */
record ColorScale(double low, double high) {

  private static final int[] STOPS = {
    0x440154, 0x482475, 0x414487, 0x355f8d, 0x2a788e, 0x21918c, 0x22a884, 0x44bf70, 0x7ad151, 0xbddf26, 0xfde725
  };

  /** Relative luminance above which black is easier to read than white: both have the same contrast there. */
  private static final double LIGHT = 0.18;

  Color color(double value) {
    double at = (Math.min(Math.max(value, low), high) - low) / (high - low) * (STOPS.length - 1);
    int stop = Math.min((int) at, STOPS.length - 2);
    double weight = at - stop;
    int rgb = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
      double from = STOPS[stop] >> shift & 0xff;
      double to = STOPS[stop + 1] >> shift & 0xff;
      rgb |= (int) Math.round(from + weight * (to - from)) << shift;
    }
    return new Color(rgb);
  }

  /** Returns black or white, whichever is easier to read on the colour of the value. */
  Color textColor(double value) {
    Color on = color(value);
    double luminance = 0.2126 * linear(on.getRed()) + 0.7152 * linear(on.getGreen()) + 0.0722 * linear(on.getBlue());
    return luminance > LIGHT ? Color.BLACK : Color.WHITE;
  }

  private static double linear(int channel) {
    return Math.pow(channel / 255.0, 2.2);
  }
}
