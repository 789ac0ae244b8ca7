package io.modelweave.examples.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

class HtmlPageTest {

  private static final String HOSTILE = "<script>alert(\"1\" & '2')</script> \u0000 \uD83D\uDE00";
  private static final String SHOWN = "<script>alert(\"1\" & '2')</script> \uFFFD \uD83D\uDE00";

  @TempDir private Path folder;

  @Test
  void should_show_hostile_text_as_text_wherever_it_stands() throws Exception {
    Path picture = Files.write(folder.resolve("a.png"), new byte[] {1, 2, 3});
    Path file = folder.resolve("page.html");

    new HtmlPage(HOSTILE).heading(HOSTILE).paragraph(HOSTILE).table(List.of(HOSTILE), List.of(List.of(HOSTILE))).figure(picture, HOSTILE, HOSTILE).write(file);

    Document page = parse(Files.readString(file));
    for (String name : List.of("title", "h1", "h2", "p", "th", "td", "figcaption")) {
      assertThat(page.getElementsByTagName(name).item(0).getTextContent().strip()).as(name).isEqualTo(SHOWN);
    }
    assertThat(((Element) page.getElementsByTagName("img").item(0)).getAttribute("alt")).isEqualTo(SHOWN);
    assertThat(page.getElementsByTagName("script").getLength()).isZero();
  }

  @Test
  void should_embed_pictures_and_load_nothing() throws Exception {
    Path picture = Files.write(folder.resolve("a.png"), new byte[] {1, 2, 3});

    String text = new HtmlPage("t").figure(picture, "d", "one", "two").toString();

    Document page = parse(text);
    assertThat(((Element) page.getElementsByTagName("img").item(0)).getAttribute("src"))
        .isEqualTo("data:image/png;base64," + Base64.getEncoder().encodeToString(new byte[] {1, 2, 3}));
    assertThat(page.getElementsByTagName("p").getLength()).isEqualTo(2);
    assertThat(text.replace("http://www.w3.org/1999/xhtml", "")).doesNotContain("http", "<link", "url(", "@import").contains("name=\"viewport\"");
  }

  @Test
  void should_write_numbers_as_the_console_does() throws Exception {
    Document page = parse(new HtmlPage("t").table(List.of("a", "b", "c"), List.of(List.of(1234567L, 0.12345, "x"))).toString());

    assertThat(page.getElementsByTagName("td").item(0).getTextContent()).isEqualTo("1,234,567");
    assertThat(page.getElementsByTagName("td").item(1).getTextContent()).isEqualTo("0.1235");
    assertThat(((Element) page.getElementsByTagName("td").item(1)).getAttribute("class")).isEqualTo("number");
    assertThat(((Element) page.getElementsByTagName("td").item(2)).getAttribute("class")).isEmpty();
  }

  @Test
  void should_let_a_narrow_screen_name_the_cells_of_a_table_of_words() throws Exception {
    Document page = parse(new HtmlPage("t").table(List.of("claim", HOSTILE), List.of(List.of("a", "b"))).table(List.of("n"),
        List.of(List.of(1))).toString());

    assertThat(((Element) page.getElementsByTagName("table").item(0)).getAttribute("class")).isEqualTo("words");
    assertThat(((Element) page.getElementsByTagName("td").item(1)).getAttribute("data-label")).isEqualTo(SHOWN);
    assertThat(((Element) page.getElementsByTagName("table").item(1)).getAttribute("class")).isEqualTo("numbers");
  }

  @Test
  void should_fold_a_table_below_its_title() throws Exception {
    Document page = parse(new HtmlPage("t").foldedTable("Losses < 1", List.of("a"), List.of(List.of(0.5))).toString());

    Element details = (Element) page.getElementsByTagName("details").item(0);
    assertThat(details.getElementsByTagName("summary").item(0).getTextContent()).isEqualTo("Losses < 1");
    assertThat(details.getElementsByTagName("td").item(0).getTextContent()).isEqualTo("0.5000");
  }

  @Test
  void should_say_which_row_or_picture_is_wrong() {
    HtmlPage page = new HtmlPage("t");

    assertThatIllegalArgumentException().isThrownBy(() -> page.table(List.of("a"), List.of(List.of(1), List.of(1, 2))))
        .withMessageContaining("row 1 has 2 cells for the 1 columns [a]");
    assertThatThrownBy(() -> page.figure(folder.resolve("gone.png"), "d")).isInstanceOf(UncheckedIOException.class).hasMessageContaining("gone.png");
  }

  private static Document parse(String page) throws Exception {
    return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new ByteArrayInputStream(page.getBytes(StandardCharsets.UTF_8)));
  }
}
