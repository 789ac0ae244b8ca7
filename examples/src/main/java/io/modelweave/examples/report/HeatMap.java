package io.modelweave.examples.report;

import io.modelweave.core.AtomicFile;
import java.awt.Color;
import java.awt.Font;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.knowm.xchart.HeatMapChart;
import org.knowm.xchart.HeatMapChartBuilder;
import org.knowm.xchart.style.HeatMapStyler;

/**
 * A figure of a matrix, its first row at the top, colours from 0 (white) to 1. Cells without a value stay white. A PNG. Not safe for use by
 * several threads.
 */
public final class HeatMap {

  private final String title;
  private final String xLabel;
  private final String yLabel;
  private final List<String> rows = new ArrayList<>();
  private final List<String> columns = new ArrayList<>();
  private final List<Number[]> cells = new ArrayList<>();

  /** Makes a map without cells. */
  public HeatMap(String title, String xLabel, String yLabel) {
    this.title = title;
    this.xLabel = xLabel;
    this.yLabel = yLabel;
  }

  /** Adds a row below those there are. */
  public HeatMap row(String name) {
    rows.add(name);
    return this;
  }

  /** Adds a column on the right. */
  public HeatMap column(String name) {
    columns.add(name);
    return this;
  }

  /** Adds rows and columns named 0, 1, ..., and their values. */
  public HeatMap values(double[][] values) {
    for (int i = 0; i < values.length; i++) {
      row(Integer.toString(i));
    }
    for (int j = 0; j < values[0].length; j++) {
      column(Integer.toString(j));
    }
    for (int i = 0; i < values.length; i++) {
      for (int j = 0; j < values[i].length; j++) {
        cell(i, j, values[i][j]);
      }
    }
    return this;
  }

  /**
   * Sets a value; one that is not finite leaves the cell white.
   *
   * @throws IndexOutOfBoundsException if there is no such row or column
   */
  public HeatMap cell(int row, int column, double value) {
    Objects.checkIndex(row, rows.size());
    Objects.checkIndex(column, columns.size());
    if (Double.isFinite(value)) {
      cells.add(new Number[] {column, rows.size() - 1 - row, value});
    }
    return this;
  }

  /**
   * Writes the figure, replacing a file that is there.
   *
   * @throws java.io.UncheckedIOException if the file cannot be written
   */
  public void write(Path png) {
    HeatMapChart chart = new HeatMapChartBuilder().width(ChartStyle.WIDTH).height(ChartStyle.HEIGHT).title(title).xAxisTitle(xLabel)
        .yAxisTitle(yLabel).build();
    HeatMapStyler styler = chart.getStyler();
    ChartStyle.dress(styler);
    styler.setMin(0);
    styler.setMax(1);
    // No darker than the numbers in the cells can be read on.
    styler.setRangeColors(new Color[] {Color.WHITE, new Color(0xdeebf7), new Color(0x9ecae1), new Color(0x6baed6)});
    boolean numbers = rows.size() <= 16 && columns.size() <= 16;
    styler.setShowValue(numbers);
    styler.setLegendVisible(!numbers);
    styler.setHeatMapValueDecimalPattern("0.00");
    styler.setValueFont(new Font(Font.SANS_SERIF, Font.PLAIN, columns.size() > 8 ? 14 : 18));
    List<String> upwards = new ArrayList<>(rows);
    Collections.reverse(upwards);
    chart.addSeries("values", columns, upwards, cells);
    AtomicFile.write(png, ChartStyle.png(chart));
  }
}
