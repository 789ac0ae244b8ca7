package io.modelweave.examples.paper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;

/** The one end-to-end run: if it fails, the library no longer shows what the paper found. */
class PaperTest {

  /** Of FLOAT logits, in nats per token. */
  private static final double ROUNDING = 1e-5;

  @TempDir Path folder;

  @Test
  void should_show_what_the_paper_found() throws Exception {
    PaperResults results = new Experiment(Scale.SMALL, PaperData.generated(1), 1).run();
    new PaperReport(results).write(folder);

    assertThat(Finding.of(results)).hasSize(8).allSatisfy(finding -> assertThat(finding.holds()).as(finding.sentence()).isTrue());
    assertThat(results.last().targetCka().value()).isLessThan(0.9);
    assertThat(results.first().targetCka().value()).isEqualTo(1, within(1e-12));
    assertThat(results.routing()).extracting(PaperResults.Routing::window).containsExactly(1, 2, 3, 4);
    assertThat(results.criticalStep()).contains(results.best());
    // Weights and activations agree where the specialists are still one model; so do all other ways of merging.
    Snapshot first = results.first();
    assertThat(List.of(first.middleLoss(), first.weightMiddleLoss(), first.tiesLoss(), first.ensembleLoss()))
        .allSatisfy(loss -> assertThat(loss).isCloseTo(first.activationLosses().get(0.0), within(ROUNDING)));
    for (Figure figure : new PaperFigures(results).all()) {
      assertThat(ImageIO.read(figure.file(folder).toFile())).as(figure.name()).isNotNull();
    }
    assertThat(Files.readAllLines(folder.resolve("snapshots.csv"))).hasSize(1 + results.snapshots().size());
    assertThat(new ObjectMapper().readTree(folder.resolve("report.json").toFile()).at("/snapshots")).hasSize(results.snapshots().size());
    Document page = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(folder.resolve("report.html").toFile());
    assertThat(page.getElementsByTagName("img").getLength()).isEqualTo(new PaperFigures(results).all().size());
    assertThat(page.getDocumentElement().getTextContent()).contains(Finding.of(results).get(7).measured(), "AdamW, 400 steps", results.data());
  }

  @Test
  void should_keep_snapshots_at_steps_that_double() {
    assertThat(IntStream.rangeClosed(0, 100).filter(s -> Specialisation.isKept(s, 100))).containsExactly(0, 5, 10, 20, 40, 80, 100);
  }

  @Test
  void should_read_text_and_named_fields_byte_by_byte() throws IOException {
    Path text = Files.writeString(folder.resolve("a.txt"), "once upon a time ".repeat(60));
    Path json = Files.writeString(folder.resolve("b.jsonl"), "{\"question\": \"one and one?\", \"answer\": \"two\"}\n".repeat(60));

    PaperData data = PaperData.read(new PaperData.Source(text, List.of()), new PaperData.Source(json, List.of("question", "answer")),
        new PaperData.Source(text, List.of()), new PaperData.Source(json, List.of("answer")), null, 16, 1);

    assertThat(data.vocabularySize()).isEqualTo(257);
    assertThat(data.maths().train().documents()).isEqualTo(54);
    assertThat(new String(bytes(data.maths().train().slice(0, 16)), java.nio.charset.StandardCharsets.UTF_8)).isEqualTo("one and one? two");
  }

  private static byte[] bytes(int[] ids) {
    byte[] bytes = new byte[ids.length];
    for (int i = 0; i < ids.length; i++) {
      bytes[i] = (byte) ids[i];
    }
    return bytes;
  }

  @Test
  void should_name_the_file_that_is_missing_short_or_lacks_a_field() throws IOException {
    PaperData.Source good = new PaperData.Source(Files.writeString(folder.resolve("good.txt"), "once upon a time ".repeat(60)), List.of());
    PaperData.Source brief = new PaperData.Source(Files.writeString(folder.resolve("brief.txt"), "short"), List.of());
    PaperData.Source fields = new PaperData.Source(Files.writeString(folder.resolve("c.jsonl"), "{\"a\": \"b\"}\n"), List.of("question"));
    PaperData.Source gone = new PaperData.Source(folder.resolve("gone.txt"), List.of());

    assertThatThrownBy(() -> PaperData.read(good, good, good, brief, null, 64, 1)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("65");
    assertThatThrownBy(() -> PaperData.read(good, fields, good, good, null, 64, 1)).hasMessageContaining("c.jsonl").hasMessageContaining("question");
    assertThatThrownBy(() -> PaperData.read(gone, good, good, good, null, 64, 1)).isInstanceOf(java.io.UncheckedIOException.class)
        .hasMessageContaining("gone.txt");
  }
}
