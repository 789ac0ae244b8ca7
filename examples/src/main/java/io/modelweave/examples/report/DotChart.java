package io.modelweave.examples.report;

import io.modelweave.core.AtomicFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;

/**
 * A figure of a few values side by side, each a dot with an error bar and named in the legend, on an axis that need not begin at 0. A PNG.
 * Not safe for use by several threads.
 */
public final class DotChart {

  private final String title;
  private final String yLabel;
  private final List<Series> dots = new ArrayList<>();

  /** Makes a chart without dots. */
  public DotChart(String title, String yLabel) {
    this.title = title;
    this.yLabel = yLabel;
  }

  /**
   * Adds a dot to the right.
   *
   * @param error half the length of its bar; 0 for none
   * @throws IllegalArgumentException if a number is not finite or the error is negative
   */
  public DotChart dot(String name, double value, double error) {
    dots.add(new Series(name, new double[] {dots.size() + 1}, new double[] {value}, new double[] {error}));
    return this;
  }

  /**
   * Writes the figure, replacing a file that is there.
   *
   * @throws IllegalArgumentException if there is no dot
   * @throws java.io.UncheckedIOException if the file cannot be written
   */
  public void write(Path png) {
    if (dots.isEmpty()) {
      throw new IllegalArgumentException("the chart \"%s\" has no dot".formatted(title));
    }
    XYChart chart = ChartStyle.chart(title, "", yLabel, Math.max(2, dots.size()));
    chart.getStyler().setXAxisTicksVisible(false).setXAxisMin(0.5).setXAxisMax(dots.size() + 0.5);
    chart.getStyler().setMarkerSize(16);
    for (int i = 0; i < dots.size(); i++) {
      Series dot = dots.get(i);
      XYSeries drawn = dot.errors()[0] == 0 ? chart.addSeries(dot.name(), dot.x(), dot.y())
          : chart.addSeries(dot.name(), dot.x(), dot.y(), dot.errors());
      ChartStyle.dress(drawn, i);
      drawn.setXYSeriesRenderStyle(XYSeriesRenderStyle.Scatter);
    }
    AtomicFile.write(png, ChartStyle.png(chart));
  }
}
