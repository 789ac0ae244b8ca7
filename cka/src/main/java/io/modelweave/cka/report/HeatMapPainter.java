package io.modelweave.cka.report;

import io.modelweave.cka.CkaMatrix;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;

/** Draws one {@link CkaMatrix}: title, cells, layer names on both axes, colour bar. All lengths are pixels. */
public final class HeatMapPainter {

  private static final Font TITLE = new Font(Font.SANS_SERIF, Font.BOLD, 24);
  private static final Font AXIS = new Font(Font.SANS_SERIF, Font.BOLD, 18);
  private static final Font LABEL = new Font(Font.SANS_SERIF, Font.PLAIN, 18);

  private static final int MARGIN = 24;
  private static final int GAP = 10;
  private static final int BAR = 28;
  private static final int LONGEST_LABEL = 36;
  private static final int SMALLEST_MAP = 320;
  /** Cells at least this large carry their number. */
  private static final int NUMBERED_CELL = 52;
  private static final Color INK = new Color(0x222222);
  private static final Color UNDEFINED = new Color(0xbbbbbb);

  private final CkaMatrix matrix;
  private final String title;
  private final List<String> rows;
  private final List<String> columns;
  private final int cell;
  private final ColorScale scale;

  private HeatMapPainter(CkaMatrix matrix, String title) {
    this.matrix = matrix;
    this.title = title;
    this.rows = matrix.layersA().stream().map(HeatMapPainter::shortened).toList();
    this.columns = matrix.layersB().stream().map(HeatMapPainter::shortened).toList();
    int longer = Math.max(rows.size(), columns.size());
    // From 64 for a few layers down to 12 for a hundred, but never so small that the whole map is a stamp.
    this.cell = Math.max(Math.max(12, Math.min(64, 1200 / longer)), Math.min(160, SMALLEST_MAP / longer));
    double least = IntStream.range(0, rows.size())
        .flatMap(i -> IntStream.range(0, columns.size()).map(j -> i * columns.size() + j))
        .mapToDouble(at -> matrix.value(at / columns.size(), at % columns.size()))
        .filter(value -> !Double.isNaN(value)).min().orElse(0);
    this.scale = new ColorScale(Math.min(0, Math.floor(least * 10) / 10), 1);
  }

  /** Returns a picture of a map as the bytes of a PNG file. */
  public static byte[] png(CkaMatrix matrix, String title) {
    return new HeatMapPainter(matrix, title).png();
  }

  private byte[] png() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      ImageIO.write(image(), "png", bytes);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot encode the heat map as PNG", e);
    }
    return bytes.toByteArray();
  }

  private BufferedImage image() {
    Graphics2D measuring = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics();
    FontMetrics label = measuring.getFontMetrics(LABEL);
    int titleWidth = measuring.getFontMetrics(TITLE).stringWidth(title);
    measuring.dispose();
    int line = label.getHeight();
    int rowLabels = rows.stream().mapToInt(label::stringWidth).max().orElse(0);
    int columnLabels = columns.stream().mapToInt(label::stringWidth).max().orElse(0);
    boolean upright = columnLabels <= cell - GAP;
    int mapWidth = cell * columns.size();
    int mapHeight = cell * rows.size();
    int left = MARGIN + line + GAP + rowLabels + GAP;
    int top = MARGIN + 2 * line;
    int scaleWidth = 3 * GAP + BAR + GAP + label.stringWidth("-0.0");
    int width = Math.max(left + mapWidth + scaleWidth, MARGIN + titleWidth) + MARGIN;
    int height = top + mapHeight + GAP + (upright ? line : columnLabels) + GAP + line + MARGIN;

    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, width, height);
    g.setColor(INK);
    g.setFont(TITLE);
    g.drawString(title, MARGIN, MARGIN + g.getFontMetrics().getAscent());
    cells(g, left, top);
    rowLabels(g, left, top);
    columnLabels(g, left, top + mapHeight + GAP, upright);
    g.setFont(AXIS);
    centred(g, axis(matrix.nameB()), left + mapWidth / 2, height - MARGIN - line / 2);
    AffineTransform level = g.getTransform();
    g.rotate(-Math.PI / 2, MARGIN + line / 2.0, top + mapHeight / 2.0);
    centred(g, axis(matrix.nameA()), MARGIN + line / 2, top + mapHeight / 2);
    g.setTransform(level);
    colorBar(g, left + mapWidth + 3 * GAP, top, mapHeight);
    g.dispose();
    return image;
  }

  private String axis(String model) {
    return matrix.withinOneModel() ? "layers" : "layers of " + shortened(model);
  }

  private void cells(Graphics2D g, int left, int top) {
    g.setFont(LABEL);
    for (int i = 0; i < rows.size(); i++) {
      for (int j = 0; j < columns.size(); j++) {
        double value = matrix.value(i, j);
        int x = left + j * cell;
        int y = top + i * cell;
        boolean undefined = Double.isNaN(value);
        g.setColor(undefined ? UNDEFINED : scale.color(value));
        g.fillRect(x, y, cell, cell);
        if (undefined) {
          g.setColor(Color.WHITE);
          g.setStroke(new BasicStroke(2));
          g.drawLine(x + 3, y + cell - 3, x + cell - 3, y + 3);
        } else if (cell >= NUMBERED_CELL) {
          g.setColor(scale.textColor(value));
          centred(g, String.format(Locale.ROOT, "%.2f", value), x + cell / 2, y + cell / 2);
        }
      }
    }
    g.setColor(INK);
    g.setStroke(new BasicStroke(1));
    g.drawRect(left, top, cell * columns.size(), cell * rows.size());
  }

  private void rowLabels(Graphics2D g, int left, int top) {
    g.setFont(LABEL);
    g.setColor(INK);
    int step = labelStep(g);
    for (int i = 0; i < rows.size(); i += step) {
      int centre = top + i * cell + cell / 2;
      int width = g.getFontMetrics().stringWidth(rows.get(i));
      centred(g, rows.get(i), left - GAP - (width + 1) / 2, centre);
      g.drawLine(left - 4, centre, left, centre);
    }
  }

  private void columnLabels(Graphics2D g, int left, int y, boolean upright) {
    g.setFont(LABEL);
    g.setColor(INK);
    int step = upright ? 1 : labelStep(g);
    for (int j = 0; j < columns.size(); j += step) {
      int centre = left + j * cell + cell / 2;
      g.drawLine(centre, y - GAP, centre, y - GAP + 4);
      if (upright) {
        centred(g, columns.get(j), centre, y + g.getFontMetrics().getHeight() / 2);
      } else {
        AffineTransform level = g.getTransform();
        int width = g.getFontMetrics().stringWidth(columns.get(j));
        g.rotate(-Math.PI / 2, centre, y + width / 2.0);
        centred(g, columns.get(j), centre, y + width / 2);
        g.setTransform(level);
      }
    }
  }

  /** Returns every how many layers a name fits: all unless cells are lower than a line of text. */
  private int labelStep(Graphics2D g) {
    return (g.getFontMetrics().getHeight() + cell - 1) / cell;
  }

  private void colorBar(Graphics2D g, int x, int top, int height) {
    for (int y = 0; y < height; y++) {
      g.setColor(scale.color(scale.high() - (y + 0.5) / height * (scale.high() - scale.low())));
      g.fillRect(x, top + y, BAR, 1);
    }
    g.setColor(INK);
    g.drawRect(x, top, BAR, height);
    g.setFont(LABEL);
    // Ticks at multiples of 0.2, so that 0 and 1 are always among them.
    for (int tick = (int) Math.ceil(scale.low() * 5 - 1e-9); tick <= 5; tick++) {
      double value = tick / 5.0;
      int y = top + (int) Math.round((scale.high() - value) / (scale.high() - scale.low()) * height);
      g.drawLine(x + BAR, y, x + BAR + 4, y);
      String number = String.format(Locale.ROOT, "%.1f", value);
      centred(g, number, x + BAR + GAP + g.getFontMetrics().stringWidth(number) / 2, y);
    }
  }

  private static void centred(Graphics2D g, String text, int x, int y) {
    FontMetrics metrics = g.getFontMetrics();
    g.drawString(text, x - metrics.stringWidth(text) / 2, y + (metrics.getAscent() - metrics.getDescent()) / 2);
  }

  /** Returns both ends of a long name: layers of one model tend to differ there, not in the middle. */
  private static String shortened(String name) {
    if (name.length() <= LONGEST_LABEL) {
      return name;
    }
    int half = (LONGEST_LABEL - 1) / 2;
    return name.substring(0, half) + "…" + name.substring(name.length() - half);
  }
}
