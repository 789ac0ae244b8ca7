package io.modelweave.examples.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.knowm.xchart.XYChart;

/**
 * A figure of one or several named series over a common x axis, as a PNG of 1200 x 780.
 *
 * <pre>{@code
 * new LineChart("Loss of the merged model", "fine-tuning step", "nats per token").logX()
 *     .series("interpolated", steps, losses)
 *     .write(Path.of("merged-loss.png"));
 * }</pre>
 *
 * <p>Not safe for use by several threads.
 */
public final class LineChart {

  private static final int MARKED = 40;

  private final String title;
  private final String xLabel;
  private final String yLabel;
  private final List<Series> series = new ArrayList<>();
  private boolean logX;

  /** Makes a chart without series. */
  public LineChart(String title, String xLabel, String yLabel) {
    this.title = title;
    this.xLabel = xLabel;
    this.yLabel = yLabel;
  }

  /** Makes the x axis logarithmic. A point at 0 is drawn at the power of ten below the smallest positive x, whose tick is then labelled 0. */
  public LineChart logX() {
    logX = true;
    return this;
  }

  /**
   * Adds a series: points in the order given, joined by a line.
   *
   * @throws IllegalArgumentException if there is such a series, {@code x} and {@code y} differ in length or are empty, or a value
   *     is not finite
   */
  public LineChart series(String name, double[] x, double[] y) {
    if (series.stream().anyMatch(s -> s.name().equals(name))) {
      throw new IllegalArgumentException("there is a series \"%s\" already".formatted(name));
    }
    series.add(new Series(name, x, y));
    return this;
  }

  /**
   * Writes the figure, replacing a file that is there.
   *
   * @throws IllegalArgumentException if there is no series, or on a logarithmic axis an x is negative
   * @throws java.io.UncheckedIOException if the file cannot be written
   */
  public void write(Path png) {
    AtomicFile.write(png, png());
  }

  /**
   * Returns the bytes of the PNG.
   *
   * @throws IllegalArgumentException if there is no series, or on a logarithmic axis an x is negative
   */
  public byte[] png() {
    if (series.isEmpty()) {
      throw new IllegalArgumentException("the chart \"%s\" has no series".formatted(title));
    }
    XYChart chart = ChartStyle.chart(title, xLabel, yLabel, series.size());
    UnaryOperator<double[]> place = logX ? logarithmic(chart) : x -> x;
    for (int i = 0; i < series.size(); i++) {
      Series s = series.get(i);
      ChartStyle.dress(chart.addSeries(s.name(), place.apply(s.x()), s.y()), i);
    }
    if (series.stream().anyMatch(s -> s.x().length > MARKED)) {
      chart.getStyler().setMarkerSize(0);
    }
    return ChartStyle.png(chart);
  }

  private UnaryOperator<double[]> logarithmic(XYChart chart) {
    double[] all = series.stream().flatMapToDouble(s -> Arrays.stream(s.x())).toArray();
    if (Arrays.stream(all).anyMatch(x -> x < 0)) {
      throw new IllegalArgumentException("the chart \"%s\" has a negative x on its logarithmic axis".formatted(title));
    }
    double least = Arrays.stream(all).filter(x -> x > 0).min().orElse(1);
    double most = Math.max(Arrays.stream(all).max().orElse(1), least);
    boolean zero = Arrays.stream(all).anyMatch(x -> x == 0);
    double first = Math.pow(10, zero ? Math.ceil(Math.log10(least)) - 1 : Math.floor(Math.log10(least)));
    chart.getStyler().setXAxisLogarithmic(true);
    chart.getStyler().setXAxisLogarithmicDecadeOnly(true);
    chart.getStyler().setXAxisMin(first);
    chart.getStyler().setXAxisMax(Math.max(most, first * 10) * 1.1);
    chart.getStyler().setxAxisTickLabelsFormattingFunction(x -> zero && x < first * 1.5 ? "0" : AxisNumber.text(x));
    return x -> Arrays.stream(x).map(value -> value == 0 ? first : value).toArray();
  }
}
