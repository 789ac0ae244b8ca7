package io.modelweave.examples.report;

import io.modelweave.core.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;

/**
 * A page in one file: headings, paragraphs, tables and figures, one below the other, without scripts and with nothing to load.
 *
 * <p>Text is escaped, pictures are embedded, wide tables scroll by themselves, so that the page can be read on a phone. What
 * is written is HTML that is also well-formed XML. Not safe for use by several threads.
 */
public final class HtmlPage {

  private static final String STYLE = """
      :root { color-scheme: light; }
      body { margin: 0 auto; max-width: 50rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: #222; background: #fff;
        overflow-wrap: break-word; }
      h1 { font-size: 1.6rem; line-height: 1.25; }
      h2 { font-size: 1.25rem; margin-top: 2.5rem; }
      figure { margin: 2rem 0; }
      figcaption p { margin: .4rem 0 0; }
      details { margin: .8rem 0; }
      summary { cursor: pointer; color: #0b5394; }
      .scroll { overflow-x: auto; }
      img { display: block; width: 100%; max-width: 42rem; height: auto; margin: 0 auto; }
      table { border-collapse: collapse; font-size: .9rem; }
      th, td { padding: .3rem .6rem; border-bottom: 1px solid #ccc; text-align: left; vertical-align: top; background: #fff; }
      th { hyphens: auto; }
      td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
      @media (max-width: 40rem) {
        body { padding: .75rem; }
        figure { margin: 1.5rem 0; }
        th, td { padding: .3rem .4rem; }
        .numbers th:first-child, .numbers td:first-child { position: sticky; left: 0; max-width: 8rem; }
        .words thead { display: none; }
        .words, .words tbody, .words tr, .words td { display: block; border: 0; padding: 0; }
        .words tr { padding: .6rem 0; border-bottom: 1px solid #ccc; }
        .words td::before { content: attr(data-label) ": "; color: #666; }
      }
      """;

  private final String title;
  private final StringBuilder body = new StringBuilder();

  /** Makes a page with nothing below its title. */
  public HtmlPage(String title) {
    this.title = title;
    element("h1", title);
  }

  /** Adds the heading of a section. */
  public HtmlPage heading(String text) {
    return element("h2", text);
  }

  /** Adds a paragraph. */
  public HtmlPage paragraph(String text) {
    return element("p", text);
  }

  /**
   * Adds a table. Numbers are written as {@link TextTable} writes them and aligned right. On a narrow screen a table of words alone
   * becomes a list, and of any other the first column stays where it is while the rest scrolls.
   *
   * @throws IllegalArgumentException naming the first row that does not have a cell for each column
   */
  public HtmlPage table(List<String> header, List<? extends List<?>> rows) {
    boolean words = rows.stream().flatMap(List::stream).noneMatch(Number.class::isInstance);
    body.append("<div class=\"scroll\"><table class=\"%s\">\n<thead><tr>".formatted(words ? "words" : "numbers"));
    header.forEach(name -> body.append("<th>").append(escape(name)).append("</th>"));
    body.append("</tr></thead>\n<tbody>\n");
    for (int i = 0; i < rows.size(); i++) {
      if (rows.get(i).size() != header.size()) {
        throw new IllegalArgumentException(
            "row %d has %d cells for the %d columns %s".formatted(i, rows.get(i).size(), header.size(), header));
      }
      body.append("<tr>");
      for (int column = 0; column < header.size(); column++) {
        body.append(cell(header.get(column), rows.get(i).get(column)));
      }
      body.append("</tr>\n");
    }
    body.append("</tbody>\n</table></div>\n");
    return this;
  }

  /**
   * Adds a table that is folded away below a line, which opens it.
   *
   * @throws IllegalArgumentException as {@link #table} does
   */
  public HtmlPage foldedTable(String summary, List<String> header, List<? extends List<?>> rows) {
    body.append("<details><summary>").append(escape(summary)).append("</summary>\n");
    table(header, rows);
    body.append("</details>\n");
    return this;
  }

  /**
   * Adds a picture that is read now and embedded, with a paragraph below it for each sentence.
   *
   * @throws UncheckedIOException if the file cannot be read
   */
  public HtmlPage figure(Path png, String description, String... sentences) {
    byte[] picture;
    try {
      picture = Files.readAllBytes(png);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    body.append("<figure><img alt=\"").append(escape(description)).append("\" src=\"data:image/png;base64,")
        .append(Base64.getEncoder().encodeToString(picture)).append("\"/>\n<figcaption>");
    List.of(sentences).forEach(this::paragraph);
    body.append("</figcaption></figure>\n");
    return this;
  }

  /**
   * Writes the page, replacing a file that is there.
   *
   * @throws UncheckedIOException if the file cannot be written
   */
  public void write(Path file) {
    AtomicFile.write(file, toString().getBytes(StandardCharsets.UTF_8));
  }

  /** Returns the whole page. */
  @Override
  public String toString() {
    return "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n<meta charset=\"utf-8\"/>\n"
        + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>" + escape(title) + "</title>\n<style>\n"
        + STYLE + "</style>\n</head>\n<body>\n" + body + "</body>\n</html>\n";
  }

  private HtmlPage element(String name, String text) {
    body.append('<').append(name).append('>').append(escape(text)).append("</").append(name).append(">\n");
    return this;
  }

  private static String cell(String label, Object value) {
    return "<td%s data-label=\"%s\">%s</td>".formatted(value instanceof Number ? " class=\"number\"" : "", escape(label),
        escape(TextTable.text(value)));
  }

  /** Returns text that stands for itself within elements and quoted attributes; characters that XML cannot hold become U+FFFD. */
  static String escape(String text) {
    StringBuilder escaped = new StringBuilder();
    text.codePoints().forEach(c -> {
      switch (c) {
        case '&' -> escaped.append("&amp;");
        case '<' -> escaped.append("&lt;");
        case '>' -> escaped.append("&gt;");
        case '"' -> escaped.append("&quot;");
        case '\'' -> escaped.append("&#39;");
        default -> escaped.appendCodePoint(isAllowed(c) ? c : 0xFFFD);
      }
    });
    return escaped.toString();
  }

  private static boolean isAllowed(int c) {
    return c == '\t' || c == '\n' || c == '\r' || c >= ' ' && c < 0xD800 || c > 0xDFFF && c != 0xFFFE && c != 0xFFFF;
  }
}
