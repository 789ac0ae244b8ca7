package io.modelweave.examples.paper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelweave.cka.Score;
import io.modelweave.examples.paper.experiment.Experiments;
import io.modelweave.examples.paper.experiment.Figure;
import io.modelweave.examples.paper.experiment.Finding;
import io.modelweave.examples.paper.experiment.Section;
import io.modelweave.examples.paper.lab.Curve;
import io.modelweave.examples.paper.lab.Evaluation;
import io.modelweave.examples.paper.lab.Journal;
import io.modelweave.examples.paper.lab.Laboratory;
import io.modelweave.examples.paper.lab.Laboratory.Scope;
import io.modelweave.examples.paper.lab.Lineage;
import io.modelweave.examples.paper.lab.Models.Pair;
import io.modelweave.examples.paper.lab.PaperData;
import io.modelweave.examples.paper.lab.Routed;
import io.modelweave.examples.paper.lab.RouterPlan;
import io.modelweave.examples.paper.lab.Routers;
import io.modelweave.examples.paper.lab.Settings;
import io.modelweave.examples.paper.lab.Snapshot;
import io.modelweave.examples.paper.lab.Snapshots;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;

/** The end-to-end runs: if they fail, the library no longer shows what the paper found. */
class PaperTest {

  /** Of FLOAT logits, in nats per token. */
  private static final double ROUNDING = 1e-5;
  private static final List<Double> AROUND_THE_MIDDLE = List.of(0.4, 0.5, 0.6);

  @TempDir Path folder;

  @Test
  void should_show_what_the_paper_found() throws Exception {
    try (Laboratory lab = laboratory(1, new Scope(4, 1))) {
      List<Section> sections = Experiments.usual().stream().map(experiment -> experiment.run(lab)).toList();
      PaperReport report = new PaperReport(lab, sections);
      report.write(folder);
      Curve curve = Snapshots.overTime(lab);

      // In models this small alikeness across them hardly falls with distance, and one router seed says little of gains; reports say so.
      assertThat(report.findings()).hasSize(12)
          .filteredOn(finding -> !finding.claim().endsWith("across specialists") && !finding.claim().startsWith("each further layer"))
          .hasSize(10).allSatisfy(finding -> assertThat(finding.holds()).as(finding.sentence()).isTrue());
      assertThat(curve.first().targetCka().value()).isEqualTo(1, within(1e-12));
      assertThat(curve.criticalStep()).contains(curve.best());
      // Weights and activations agree where the specialists are still one model; so do all other ways of merging.
      Snapshot first = curve.first();
      assertThat(List.of(first.middleLoss(), first.weightMiddleLoss(), first.tiesLoss(), first.ensembleLoss()))
          .allSatisfy(loss -> assertThat(loss).isCloseTo(first.activationLosses().get(0.0), within(ROUNDING)));
      assertWritten(report, sections, curve);
    }
  }

  private void assertWritten(PaperReport report, List<Section> sections, Curve curve) throws Exception {
    List<Figure> figures = sections.stream().flatMap(section -> section.figures().stream()).toList();
    for (Figure figure : figures) {
      assertThat(ImageIO.read(figure.file(folder).toFile())).as(figure.name()).isNotNull();
    }
    assertThat(Files.readAllLines(folder.resolve("snapshots.csv"))).hasSize(1 + curve.snapshots().size());
    assertThat(Files.readAllLines(folder.resolve("routing.csv"))).hasSize(1 + 4);
    assertThat(new ObjectMapper().readTree(folder.resolve("report.json").toFile()).at("/merging/snapshots"))
        .hasSize(curve.snapshots().size());
    Document page = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(folder.resolve("report.html").toFile());
    assertThat(page.getElementsByTagName("img").getLength()).isEqualTo(figures.size());
    assertThat(page.getDocumentElement().getTextContent())
        .contains(report.findings().stream().map(Finding::measured).map(text -> text.replace("->", "\u2192"))
            .toArray(String[]::new)).contains("400 steps", "generated languages");
  }

  /** Three seeds with the one above; here with what the claims need and no more. */
  @ParameterizedTest
  @ValueSource(longs = {2, 3})
  void should_find_the_same_with_other_seeds(long seed) {
    try (Laboratory lab = laboratory(seed, new Scope(3, 1))) {
      Lineage lineage = lab.recipe().overTime();
      lab.models().train(lineage);
      List<Double> merged = new ArrayList<>();
      for (int step : lab.recipe().snapshotSteps(lineage.steps())) {
        merged.add(Collections.min(Snapshots.overAlpha(lab, lab.models().at(lineage, step), AROUND_THE_MIDDLE).values()));
      }
      Pair last = lab.models().at(lineage, lineage.steps());
      Score cka = Snapshots.cka(lab, last, lab.data().target().validation());
      List<Double> routed = Routers.of(lab, IntStream.rangeClosed(1, 3).mapToObj(
          n -> new RouterPlan(lineage, lineage.steps(), n, RouterPlan.Kind.STANDARD, 0)).toList()).stream().map(Routed::loss).toList();

      double best = Collections.min(merged);
      assertThat(best).as("merged losses fall: %s", merged).isLessThan(merged.get(0) - 0.04);
      assertThat(merged.get(merged.size() - 1)).as("and rise: %s", merged).isGreaterThan(best + 0.05);
      assertThat(cka.biased()).isLessThan(0.9);
      assertThat(routed.get(0)).as("routing %s beats interpolation %s", routed, best).isLessThan(best - 0.3);
      assertThat(Math.min(routed.get(1), routed.get(2))).as("across layers: %s", routed).isLessThan(routed.get(0) - 0.05);
      assertImproved(lab, last);
    }
  }

  private static void assertImproved(Laboratory lab, Pair last) {
    Evaluation evaluation = lab.evaluation();
    PaperData data = lab.data();
    assertThat(evaluation.loss(last.maths(), data.maths().validation()))
        .isLessThan(evaluation.loss(lab.models().base(), data.maths().validation()));
    assertThat(evaluation.loss(last.code(), data.code().validation()))
        .isLessThan(evaluation.loss(lab.models().base(), data.code().validation()));
  }

  private Laboratory laboratory(long seed, Scope scope) {
    PaperData data = PaperData.generated(seed);
    Settings settings = new Settings("small", seed, data.description(), data.digest(), "pretrained here", Scale.SMALL.recipe());
    return new Laboratory(settings, data, Journal.open(folder, settings, Duration.ofDays(1)), scope, null);
  }
}
