package io.modelweave.examples.report;

import io.modelweave.core.AtomicFile;
import java.awt.geom.Point2D;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.knowm.xchart.AnnotationText;
import org.knowm.xchart.XYChart;

/**
 * A figure of points that follow each other, each with a label, joined by a line: merged loss over similarity, say, with one
 * point a snapshot labelled by its step. A PNG. Labels stand where they cover no points and no other labels, as
 * far as there is room. Not safe for use by several threads.
 */
public final class TrajectoryChart {

  private static final double MARGIN = 0.07;

  private final String title;
  private final String xLabel;
  private final String yLabel;
  private final List<Series> series = new ArrayList<>();
  private final List<Series> marks = new ArrayList<>();
  private final List<String> labels = new ArrayList<>();

  /** Makes a chart without trajectories. */
  public TrajectoryChart(String title, String xLabel, String yLabel) {
    this.title = title;
    this.xLabel = xLabel;
    this.yLabel = yLabel;
  }

  /**
   * Adds a trajectory.
   *
   * @param pointLabels one text a point; an empty one leaves the point without
   * @throws IllegalArgumentException if there is such a trajectory, the three differ in length or are empty, or a value is not finite
   */
  public TrajectoryChart trajectory(String name, double[] x, double[] y, List<String> pointLabels) {
    if (pointLabels.size() != x.length) {
      throw new IllegalArgumentException("trajectory \"%s\" has %d labels for %d points".formatted(name, pointLabels.size(), x.length));
    }
    series.add(new Series(name, x, y));
    labels.addAll(pointLabels);
    if (series.stream().map(Series::name).distinct().count() < series.size()) {
      throw new IllegalArgumentException("there is a trajectory \"%s\" already".formatted(name));
    }
    return this;
  }

  /** Adds a dashed vertical line at {@code x} from {@code least} to {@code greatest}, named in the legend. */
  public TrajectoryChart mark(String name, double x, double least, double greatest) {
    marks.add(new Series(name, new double[] {x, x}, new double[] {least, greatest}));
    return this;
  }

  /**
   * Writes the figure, replacing a file that is there.
   *
   * @throws IllegalArgumentException if there is no trajectory
   * @throws java.io.UncheckedIOException if the file cannot be written
   */
  public void write(Path png) {
    AtomicFile.write(png, png());
  }

  /**
   * Returns the bytes of the PNG.
   *
   * @throws IllegalArgumentException if there is no trajectory
   */
  public byte[] png() {
    if (series.isEmpty()) {
      throw new IllegalArgumentException("the chart \"%s\" has no trajectory".formatted(title));
    }
    XYChart chart = ChartStyle.chart(title, xLabel, yLabel, series.size() + marks.size());
    Range xs = Range.of(all().flatMapToDouble(s -> Arrays.stream(s.x())).toArray());
    Range ys = Range.of(all().flatMapToDouble(s -> Arrays.stream(s.y())).toArray());
    chart.getStyler().setXAxisMin(xs.least()).setXAxisMax(xs.most()).setYAxisMin(ys.least()).setYAxisMax(ys.most());
    chart.getStyler().setLegendSeriesLineLength(40);
    List<Point2D> points = new ArrayList<>();
    for (int i = 0; i < series.size(); i++) {
      Series s = series.get(i);
      ChartStyle.dress(chart.addSeries(s.name(), s.x(), s.y()), i);
      for (int p = 0; p < s.x().length; p++) {
        points.add(new Point2D.Double(xs.toPixels(s.x()[p], LabelPlacement.PLOT_WIDTH), ys.toPixels(s.y()[p], LabelPlacement.PLOT_HEIGHT)));
      }
    }
    marks.forEach(mark -> ChartStyle.dressMark(chart.addSeries(mark.name(), mark.x(), mark.y())));
    List<Point2D> places = LabelPlacement.place(points, labels, starts());
    for (int i = 0; i < places.size(); i++) {
      if (!labels.get(i).isEmpty()) {
        chart.addAnnotation(new AnnotationText(labels.get(i), xs.toData(places.get(i).getX(), LabelPlacement.PLOT_WIDTH),
            ys.toData(places.get(i).getY(), LabelPlacement.PLOT_HEIGHT), false));
      }
    }
    return ChartStyle.png(chart);
  }

  private Stream<Series> all() {
    return Stream.concat(series.stream(), marks.stream());
  }

  private HashSet<Integer> starts() {
    HashSet<Integer> starts = new HashSet<>();
    int start = 0;
    for (Series s : series) {
      starts.add(start);
      start += s.x().length;
    }
    return starts;
  }

  /** An axis from the least to the greatest value with a margin on both sides. */
  private record Range(double least, double most) {

    static Range of(double[] values) {
      double least = Arrays.stream(values).min().orElseThrow();
      double most = Arrays.stream(values).max().orElseThrow();
      double margin = most > least ? MARGIN * (most - least) : Math.max(Math.abs(most), 1) * MARGIN;
      return new Range(least - margin, most + margin);
    }

    double toPixels(double value, double size) {
      return (value - least) / (most - least) * size;
    }

    double toData(double pixels, double size) {
      return least + pixels / size * (most - least);
    }
  }
}
