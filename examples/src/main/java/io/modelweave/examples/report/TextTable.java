package io.modelweave.examples.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * A table for the console: columns two spaces apart under a header and a rule. Columns of numbers are aligned right; whole
 * numbers get thousands separators, others four digits after the point. {@code ""} leaves a cell empty.
 */
public final class TextTable {

  private final List<String> header;
  private final List<List<?>> rows = new ArrayList<>();

  /** Makes a table without rows. */
  public TextTable(String... header) {
    this.header = List.of(header);
  }

  /**
   * Adds a row and returns this table.
   *
   * @throws IllegalArgumentException if there is not one cell a column
   */
  public TextTable row(Object... cells) {
    if (cells.length != header.size()) {
      throw new IllegalArgumentException("%d cells for the %d columns %s".formatted(cells.length, header.size(), header));
    }
    rows.add(List.of(cells));
    return this;
  }

  /** Returns the lines of the table, each ended by a line feed and without trailing blanks. */
  @Override
  public String toString() {
    int[] widths = IntStream.range(0, header.size()).map(this::width).toArray();
    StringBuilder text = new StringBuilder();
    line(text, header, widths);
    line(text, IntStream.of(widths).mapToObj("-"::repeat).toList(), widths);
    rows.forEach(row -> line(text, row, widths));
    return text.toString();
  }

  private int width(int column) {
    return Math.max(header.get(column).length(), rows.stream().mapToInt(row -> text(row.get(column)).length()).max().orElse(0));
  }

  private boolean alignsRight(int column) {
    return rows.stream().anyMatch(row -> row.get(column) instanceof Number)
        && rows.stream().allMatch(row -> row.get(column) instanceof Number || row.get(column).equals(""));
  }

  private void line(StringBuilder text, List<?> cells, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int column = 0; column < widths.length; column++) {
      String cell = text(cells.get(column));
      String padding = " ".repeat(widths[column] - cell.length());
      line.append(column == 0 ? "" : "  ").append(alignsRight(column) ? padding + cell : cell + padding);
    }
    text.append(line.toString().stripTrailing()).append('\n');
  }

  static String text(Object cell) {
    if (cell instanceof Double || cell instanceof Float) {
      return String.format(Locale.ROOT, "%.4f", ((Number) cell).doubleValue());
    }
    if (cell instanceof Long || cell instanceof Integer) {
      return String.format(Locale.ROOT, "%,d", ((Number) cell).longValue());
    }
    return cell.toString();
  }
}
