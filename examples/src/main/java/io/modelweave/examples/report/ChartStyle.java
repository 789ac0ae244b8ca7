package io.modelweave.examples.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import javax.imageio.ImageIO;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * How all figures look: white, the colours of Okabe and Ito, which stay apart for the colour-blind, and type so large for the width that
 * it can be read where a phone shrinks the figure to half.
 */
final class ChartStyle {

  /** In units that a figure is laid out in; it has {@link #DENSITY} pixels for each. */
  static final int WIDTH = 640;
  static final int HEIGHT = 460;
  static final int DENSITY = 2;
  static final Font LABEL_FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 18);

  private static final int LEGEND_LINE = 28;

  private static final List<Color> COLOURS = List.of(
      new Color(0x0072B2), new Color(0xD55E00), new Color(0x009E73), new Color(0xCC79A7), new Color(0xE69F00), new Color(0x56B4E9), Color.BLACK);
  private static final List<Marker> MARKERS = List.of(
      SeriesMarkers.CIRCLE, SeriesMarkers.SQUARE, SeriesMarkers.DIAMOND, SeriesMarkers.TRIANGLE_UP, SeriesMarkers.TRIANGLE_DOWN, SeriesMarkers.CROSS);
  private static final Color INK = new Color(0x333333);

  private ChartStyle() {}

  static XYChart chart(String title, String xLabel, String yLabel, int series) {
    // A legend below takes no width, and has a line a series.
    int height = HEIGHT + (series > 1 ? series * LEGEND_LINE : 0);
    XYChart chart = new XYChartBuilder().width(WIDTH).height(height).title(title).xAxisTitle(xLabel).yAxisTitle(yLabel).build();
    XYStyler styler = chart.getStyler();
    dress(styler);
    styler.setLegendVisible(series > 1);
    styler.setLegendPosition(LegendPosition.OutsideS);
    styler.setLegendLayout(LegendLayout.Vertical);
    styler.setLegendSeriesLineLength(40);
    styler.setMarkerSize(11);
    styler.setAnnotationTextFont(LABEL_FONT);
    styler.setAnnotationTextFontColor(INK);
    return chart;
  }

  /** What all charts with axes have in common. */
  static void dress(AxesChartStyler styler) {
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotBackgroundColor(Color.WHITE);
    styler.setPlotBorderVisible(false);
    styler.setPlotGridLinesColor(new Color(0xDDDDDD));
    styler.setPlotGridLinesStroke(new BasicStroke(1f));
    styler.setChartFontColor(INK);
    styler.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 20));
    styler.setChartTitleBoxVisible(false);
    styler.setChartTitlePadding(8);
    styler.setChartPadding(12);
    styler.setAxisTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 19));
    styler.setAxisTitlePadding(8);
    styler.setAxisTickLabelsFont(LABEL_FONT);
    styler.setAxisTickLabelsColor(INK);
    styler.setXAxisTickMarkSpacingHint(70);
    styler.setYAxisTickMarkSpacingHint(60);
    styler.setErrorBarsColorSeriesColor(true);
    styler.setLegendFont(LABEL_FONT);
    styler.setLegendBorderColor(Color.WHITE);
    styler.setLegendBackgroundColor(Color.WHITE);
  }

  /** Series beyond the colours repeat them with another marker and a dashed line. */
  static void dress(XYSeries drawn, int index) {
    Color colour = COLOURS.get(index % COLOURS.size());
    drawn.setLineColor(colour);
    drawn.setMarkerColor(colour);
    drawn.setMarker(MARKERS.get(index % MARKERS.size()));
    float[] dash = index < COLOURS.size() ? null : new float[] {10, 7};
    drawn.setLineStyle(new BasicStroke(3f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND, 10f, dash, 0f));
  }

  /** A line that marks a place and is no series of its own. */
  static void dressMark(XYSeries drawn) {
    drawn.setLineColor(INK);
    drawn.setMarker(SeriesMarkers.NONE);
    drawn.setLineStyle(new BasicStroke(2f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10f, new float[] {6, 6}, 0f));
  }

  static byte[] png(Chart<?, ?> chart) {
    BufferedImage image = new BufferedImage(DENSITY * chart.getWidth(), DENSITY * chart.getHeight(), BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.scale(DENSITY, DENSITY);
    chart.paint(graphics, chart.getWidth(), chart.getHeight());
    graphics.dispose();
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", png);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return png.toByteArray();
  }
}
