package io.modelweave.examples.report;

import io.modelweave.core.AtomicFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.knowm.xchart.XYChart;

/**
 * A figure of one or several named series over a common x axis, as a PNG.
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
  private static final double EDGE = 0.01;
  private static final double LEAST_SPACING = 70;

  private final String title;
  private final String xLabel;
  private final String yLabel;
  private final List<Series> series = new ArrayList<>();
  private final Map<String, Double> marks = new LinkedHashMap<>();
  private boolean logX;

  /** Makes a chart without series. */
  public LineChart(String title, String xLabel, String yLabel) {
    this.title = title;
    this.xLabel = xLabel;
    this.yLabel = yLabel;
  }

  /** Makes the x axis logarithmic: ticks stand at doublings of the smallest positive x. A point at 0 is drawn one doubling before that, at a tick labelled 0. */
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
    requireNew(name);
    series.add(new Series(name, x, y));
    return this;
  }

  /**
   * Adds a series with error bars of these half lengths, as {@link #series(String, double[], double[])} does; all 0 draws none.
   *
   * @throws IllegalArgumentException likewise, or if an error is negative or not finite
   */
  public LineChart series(String name, double[] x, double[] y, double[] errors) {
    if (Arrays.stream(errors).allMatch(error -> error == 0)) {
      return series(name, x, y);
    }
    requireNew(name);
    series.add(new Series(name, x, y, errors));
    return this;
  }

  private void requireNew(String name) {
    if (series.stream().anyMatch(s -> s.name().equals(name))) {
      throw new IllegalArgumentException("there is a series \"%s\" already".formatted(name));
    }
  }

  /** Adds a dashed vertical line over the height of the series, named in the legend. */
  public LineChart mark(String name, double x) {
    marks.put(name, x);
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
    XYChart chart = ChartStyle.chart(title, xLabel, yLabel, series.size() + marks.size());
    UnaryOperator<double[]> place = logX ? logarithmic(chart) : linear(chart);
    for (int i = 0; i < series.size(); i++) {
      Series s = series.get(i);
      ChartStyle.dress(s.errors().length == 0 ? chart.addSeries(s.name(), place.apply(s.x()), s.y())
          : chart.addSeries(s.name(), place.apply(s.x()), s.y(), s.errors()), i);
    }
    double[] heights = series.stream().flatMapToDouble(s -> Arrays.stream(s.y())).sorted().toArray();
    marks.forEach((name, x) -> ChartStyle.dressMark(
        chart.addSeries(name, place.apply(new double[] {x, x}), new double[] {heights[0], heights[heights.length - 1]})));
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
    int shift = Arrays.stream(all).anyMatch(x -> x == 0) ? 1 : 0;
    // XChart's own logarithmic axis labels decades only and does not return when given labels: hence a linear axis of doublings.
    UnaryOperator<double[]> place = x -> Arrays.stream(x).map(value -> value == 0 ? 0 : shift + Math.log(value / least) / Math.log(2)).toArray();
    // XChart widens the ticks until all labels differ, those left of the plot included: only tick 0 may be "0".
    ticks(chart, place.apply(all), tick -> shift == 1 && tick == 0 ? "0" : AxisNumber.text(least * Math.pow(2, tick - shift)));
    return place;
  }

  private UnaryOperator<double[]> linear(XYChart chart) {
    ticks(chart, series.stream().flatMapToDouble(s -> Arrays.stream(s.x())).toArray(), AxisNumber::text);
    return x -> x;
  }

  /** Sets range and ticks of the x axis: ticks at whole numbers, where the values are, and not too close. */
  private static void ticks(XYChart chart, double[] values, Function<Double, String> label) {
    double least = Arrays.stream(values).min().orElseThrow();
    double most = Arrays.stream(values).max().orElseThrow();
    double margin = most > least ? EDGE * (most - least) : 0.5;
    double range = most - least + 2 * margin;
    boolean whole = Arrays.stream(values).allMatch(x -> x == Math.rint(x));
    chart.getStyler().setXAxisMin(least - margin);
    chart.getStyler().setXAxisMax(most + margin);
    chart.getStyler().setXAxisTickMarkSpacingHint((int) Math.max(LEAST_SPACING, whole || range > 3 ? LabelPlacement.PLOT_WIDTH / range * 0.9 : 0));
    chart.getStyler().setxAxisTickLabelsFormattingFunction(label);
  }
}
