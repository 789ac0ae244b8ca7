package io.modelweave.benchmarks.suite;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws a {@link Curve} on two logarithmic axes: what was measured as marked lines, the cost model beside each as a dashed one. */
final class CurveChart {

  private static final List<Color> COLOURS = List.of(new Color(0x0072B2), new Color(0xD55E00), new Color(0x009E73));
  private static final Color INK = new Color(0x333333);
  private static final double BINARY = Math.log(2);

  private CurveChart() {}

  /** Returns a PNG of milliseconds over what grows. */
  static byte[] time(Curve curve) {
    XYChart chart = chart(curve, "milliseconds");
    for (int i = 0; i < curve.series().size(); i++) {
      Curve.Series series = curve.series().get(i);
      add(chart, series.name(), series, Curve.Point::milliseconds, COLOURS.get(i), false);
      add(chart, series.name() + ", cost model", series, Curve.Point::floorMilliseconds, COLOURS.get(i), true);
    }
    return png(chart, curve, true);
  }

  /** Returns a PNG of megabytes over what grows. */
  static byte[] memory(Curve curve) {
    XYChart chart = chart(curve, "largest resident memory, MB");
    for (int i = 0; i < curve.series().size(); i++) {
      add(chart, curve.series().get(i).name(), curve.series().get(i), Curve.Point::peakMegabytes, COLOURS.get(i), false);
    }
    chart.getStyler().setYAxisMin(0.0);
    return png(chart, curve, false);
  }

  private static XYChart chart(Curve curve, String yLabel) {
    XYChart chart = new XYChartBuilder().width(1000).height(650).title(curve.title()).xAxisTitle(curve.xLabel()).yAxisTitle(yLabel).build();
    var styler = chart.getStyler();
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotBorderVisible(false);
    styler.setPlotGridLinesColor(new Color(0xDDDDDD));
    styler.setChartFontColor(INK);
    styler.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 21));
    styler.setChartTitleBoxVisible(false);
    styler.setChartPadding(20);
    styler.setAxisTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 19));
    styler.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 17));
    styler.setAxisTickLabelsColor(INK);
    styler.setLegendFont(new Font(Font.SANS_SERIF, Font.PLAIN, 17));
    styler.setLegendBorderColor(Color.WHITE);
    styler.setLegendPosition(LegendPosition.OutsideS);
    styler.setLegendLayout(LegendLayout.Horizontal);
    styler.setMarkerSize(10);
    return chart;
  }

  private static void add(XYChart chart, String name, Curve.Series series, ToDoubleFunction<Curve.Point> value, Color colour,
      boolean dashed) {
    double[] x = series.points().stream().mapToDouble(point -> Math.log(point.x()) / BINARY).toArray();
    double[] y = series.points().stream().mapToDouble(value).toArray();
    XYSeries drawn = chart.addSeries(name, x, y);
    drawn.setLineColor(colour);
    drawn.setMarkerColor(colour);
    drawn.setMarker(dashed ? SeriesMarkers.NONE : SeriesMarkers.CIRCLE);
    float[] dash = dashed ? new float[] {9, 7} : null;
    drawn.setLineStyle(new BasicStroke(dashed ? 2f : 3f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10f, dash, 0f));
  }

  private static byte[] png(XYChart chart, Curve curve, boolean logarithmic) {
    // XChart's own logarithmic axis labels decades only, and what grows here grows by doublings.
    double[] exponents = points(curve).mapToDouble(point -> Math.log(point.x()) / BINARY).sorted().toArray();
    double doublings = exponents[exponents.length - 1] - exponents[0];
    chart.getStyler().setXAxisTickMarkSpacingHint((int) (800 / Math.max(1, doublings) * 0.9));
    chart.getStyler().setxAxisTickLabelsFormattingFunction(exponent -> Numbers.plain(Math.pow(2, exponent)).replaceFirst("\\.0+$", ""));
    if (logarithmic) {
      chart.getStyler().setYAxisLogarithmic(true);
      double least = points(curve).mapToDouble(point -> Math.min(point.milliseconds(), point.floorMilliseconds())).min().orElseThrow();
      double most = points(curve).mapToDouble(point -> Math.max(point.milliseconds(), point.floorMilliseconds())).max().orElseThrow();
      chart.getStyler().setYAxisMin(Math.pow(10, Math.floor(Math.log10(least))));
      chart.getStyler().setYAxisMax(Math.pow(10, Math.ceil(Math.log10(most))));
    }
    try {
      return BitmapEncoder.getBitmapBytes(chart, BitmapFormat.PNG);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Stream<Curve.Point> points(Curve curve) {
    return curve.series().stream().flatMap(series -> series.points().stream());
  }
}
