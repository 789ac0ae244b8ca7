package io.modelweave.moe;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;

/**
 * Draws loads, or mean gates where all experts serve all tokens: a row for each block, a column for each expert, model by model; blank
 * where a block cannot reach an expert. In pixels.
 */
final class LoadPainter {

  private static final Font TEXT = new Font(Font.SANS_SERIF, Font.PLAIN, 16);
  private static final Font TITLE = new Font(Font.SANS_SERIF, Font.BOLD, 22);
  private static final int MARGIN = 24;
  private static final int LEFT = 110;
  private static final int TOP = 110;
  private static final int NUMBERED_CELL = 44;
  private static final Color INK = new Color(0x222222);
  private static final Color FULL = new Color(0x08306b);

  /** An expert without its weights. */
  private record Column(int model, int layer) {
    static Column of(Expert expert) {
      return new Column(expert.model(), expert.layer());
    }
  }

  private final RoutingStatistics statistics;
  private final List<Column> columns;
  private final int cell;

  private LoadPainter(RoutingStatistics statistics) {
    this.statistics = statistics;
    this.columns = statistics.layers().stream().flatMap(layer -> layer.experts().stream()).map(Column::of).distinct()
        .sorted(Comparator.comparingInt(Column::model).thenComparingInt(Column::layer)).toList();
    this.cell = Math.max(14, Math.min(64, 1200 / Math.max(columns.size(), statistics.layers().size())));
  }

  static byte[] paint(RoutingStatistics statistics) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      ImageIO.write(new LoadPainter(statistics).image(), "png", bytes);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot encode the heat map as PNG", e);
    }
    return bytes.toByteArray();
  }

  private BufferedImage image() {
    int rows = statistics.layers().size();
    int width = Math.max(LEFT + columns.size() * cell + MARGIN, 460);
    BufferedImage image = new BufferedImage(width, TOP + rows * cell + MARGIN, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, width, image.getHeight());
    g.setColor(INK);
    g.setFont(TITLE);
    boolean dense = statistics.layers().stream().allMatch(RoutingStatistics.Layer::dense);
    g.drawString(dense ? "Mean gates of the experts, by block" : "Load of the experts, by block", MARGIN, MARGIN + g.getFontMetrics().getAscent());
    g.setFont(TEXT);
    labels(g);
    for (int row = 0; row < rows; row++) {
      RoutingStatistics.Layer layer = statistics.layers().get(row);
      for (int e = 0; e < layer.experts().size(); e++) {
        paint(g, row, columns.indexOf(Column.of(layer.experts().get(e))), dense ? layer.meanGate().get(e) : layer.load().get(e));
      }
    }
    g.setColor(INK);
    g.drawRect(LEFT, TOP, columns.size() * cell, rows * cell);
    g.dispose();
    return image;
  }

  private void labels(Graphics2D g) {
    int every = (g.getFontMetrics().getHeight() + cell - 1) / cell;
    for (int row = 0; row < statistics.layers().size(); row += every) {
      int middle = TOP + row * cell + cell / 2;
      g.drawString("block " + statistics.layers().get(row).layer(), MARGIN, middle + g.getFontMetrics().getAscent() / 2);
    }
    int everyColumn = (g.getFontMetrics().stringWidth("00") + 4 + cell - 1) / cell;
    for (int c = 0; c < columns.size(); c++) {
      Column column = columns.get(c);
      if (c == 0 || columns.get(c - 1).model() != column.model()) {
        g.drawString("model " + column.model(), LEFT + c * cell, TOP - 30);
        g.drawLine(LEFT + c * cell, TOP - 26, LEFT + c * cell, TOP);
      }
      if (column.layer() % everyColumn == 0) {
        centred(g, Integer.toString(column.layer()), LEFT + c * cell + cell / 2, TOP - 12);
      }
    }
  }

  private void paint(Graphics2D g, int row, int column, double load) {
    int x = LEFT + column * cell;
    int y = TOP + row * cell;
    g.setColor(shade(load));
    g.fillRect(x, y, cell, cell);
    if (cell >= NUMBERED_CELL) {
      g.setColor(load > 0.2 ? Color.WHITE : INK);
      centred(g, String.format(Locale.ROOT, "%.2f", load), x + cell / 2, y + cell / 2);
    }
    g.setColor(new Color(0xbbbbbb));
    g.drawRect(x, y, cell, cell);
  }

  private static Color shade(double load) {
    return new Color(mixed(FULL.getRed(), load), mixed(FULL.getGreen(), load), mixed(FULL.getBlue(), load));
  }

  private static int mixed(int full, double load) {
    return (int) Math.round(255 + (full - 255) * Math.sqrt(load)); // the root, so that small loads differ from none
  }

  private static void centred(Graphics2D g, String text, int x, int y) {
    g.drawString(text, x - g.getFontMetrics().stringWidth(text) / 2, y + g.getFontMetrics().getAscent() / 2 - 1);
  }
}
