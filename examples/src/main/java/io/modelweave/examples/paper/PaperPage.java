package io.modelweave.examples.paper;

import io.modelweave.core.Backend;
import io.modelweave.examples.report.HtmlPage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The report as one page: the claims, the figures, the tables, and how the run was made. */
final class PaperPage {

  private final PaperResults results;

  PaperPage(PaperResults results) {
    this.results = results;
  }

  /** Writes {@code report.html} into a directory that holds the figures. */
  void write(Path directory, List<Figure> figures) {
    HtmlPage page = new HtmlPage("Collective model intelligence requires compatible specialization: the paper's experiments")
        .paragraph("Two copies of one base are fine-tuned on different domains, merged on the way, compared by CKA, and joined by trained "
            + "routers. This run used %s, models of %,d parameters and seed %d. ".formatted(results.data(), results.parameters(), results.seed())
            + "Its models and data are far smaller than the paper's: signs and shapes compare, values do not.")
        .heading("The paper's claims and this run")
        .table(List.of("claim", "the paper said", "we measured", "shown here"),
            Finding.of(results).stream().map(f -> List.of(f.claim(), f.paper(), f.measured(), f.holds() ? "yes" : "no")).toList())
        .paragraph("Losses are cross-entropies in nats per token on validation text. " + critical())
        .heading("Figures");
    figures.forEach(figure -> page.figure(figure.file(directory), figure.shows(), figure.shows(), figure.paper()));
    page.heading("Numbers");
    new PaperTables(results).all().forEach(table -> page.paragraph(table.title()).table(table.header(), table.rows()));
    page.heading("Settings and provenance").table(List.of("setting", "value"), rows(settings()))
        .paragraph("Source of the experiments: J. Pari, S. Jelassi, P. Agrawal, \"Collective Model Intelligence Requires Compatible "
            + "Specialization\", 2024, arXiv 2411.02207. The paper's numbers are from its text and from its code's documentation and "
            + "notebooks; losses of its merged and routed models are bfloat16, in steps of 0.008 to 0.016.")
        .write(directory.resolve("report.html"));
  }

  private String critical() {
    String definition = "The critical step is the one with the least merged loss, if a later snapshot's is larger by at least %s; "
        .formatted(PaperResults.CLEAR_RISE);
    return definition + results.criticalStep().map(s -> "here it is step %d.".formatted(s.step())).orElse("this run has none.");
  }

  private Map<String, Object> settings() {
    Scale scale = results.scale();
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("scale", scale.name().toLowerCase(Locale.ROOT));
    settings.put("data", results.data());
    settings.put("seed of generation, initialisation and sampling", results.seed());
    settings.putAll(scale.settings());
    settings.put("evaluation", "%d windows of validation text, the same for every model".formatted(Evaluation.WINDOWS));
    settings.put("CKA", "linear, token means of the block in the middle, %d windows".formatted(Evaluation.CKA_SAMPLES));
    results.seconds().forEach((phase, seconds) -> settings.put("time of " + phase, String.format(Locale.ROOT, "%.1f s", seconds)));
    settings.put("Modelweave", version(PaperPage.class));
    settings.put("ND4J backend", Backend.require());
    settings.put("Java", "%s (%s)".formatted(System.getProperty("java.version"), System.getProperty("java.vendor")));
    settings.put("machine", "%s %s, %d processors".formatted(System.getProperty("os.name"), System.getProperty("os.arch"),
        Runtime.getRuntime().availableProcessors()));
    return settings;
  }

  private static String version(Class<?> type) {
    return Optional.ofNullable(type.getPackage().getImplementationVersion()).orElse("run from classes, without a version");
  }

  private static List<List<Object>> rows(Map<String, Object> settings) {
    List<List<Object>> rows = new ArrayList<>();
    settings.forEach((name, value) -> rows.add(List.of(name, value)));
    return rows;
  }
}
