package io.modelweave.examples.paper;

import io.modelweave.core.Backend;
import io.modelweave.examples.paper.experiment.Finding;
import io.modelweave.examples.paper.experiment.Section;
import io.modelweave.examples.paper.lab.Curve;
import io.modelweave.examples.paper.lab.Laboratory;
import io.modelweave.examples.paper.lab.Recipe;
import io.modelweave.examples.paper.lab.Settings;
import io.modelweave.examples.paper.lab.Snapshot;
import io.modelweave.examples.paper.lab.Snapshots;
import io.modelweave.examples.report.HtmlPage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The report as one page: the claims, what each experiment found, and how the run was made. */
final class PaperPage {

  private final Laboratory lab;
  private final List<Section> sections;

  PaperPage(Laboratory lab, List<Section> sections) {
    this.lab = lab;
    this.sections = sections;
  }

  /** Writes {@code report.html} into a directory that holds the figures. */
  void write(Path directory) {
    Settings settings = lab.settings();
    HtmlPage page = new HtmlPage("Collective model intelligence requires compatible specialization: the paper's experiments")
        .paragraph("Two copies of one base are fine-tuned on different domains, merged on the way, compared by CKA, and joined by trained "
            + "routers. This run used %s, and models of %,d parameters. ".formatted(settings.data(),
                lab.models().base().parameterCount())
            + (settings.scale().equals("gpt2") ? "" : "Its models and data are far smaller than the paper's: signs and shapes compare, "
                + "values do not."))
        .heading("The paper's claims and this run")
        .table(List.of("claim", "shown", "we measured", "the paper said", "shown if"),
            sections.stream().flatMap(s -> s.findings().stream()).map(PaperPage::row).toList())
        .paragraph("Losses are cross-entropies in nats per token on validation text. " + critical());
    for (Section section : sections) {
      page.heading(section.title());
      section.findings().forEach(f -> page.paragraph("%s: %s (%s).".formatted(f.holds() ? "Shown" : "Not shown", f.claim(),
          arrows(f.measured()))));
      section.figures().forEach(figure -> page.figure(figure.file(directory), figure.shows(), figure.shows(), figure.paper()));
      section.tables().forEach(table -> page.foldedTable(table.title(), table.header(), table.rows()));
    }
    page.heading("Settings and provenance").table(List.of("setting", "value"), rows(settings()))
        .paragraph("Source of the experiments: J. Pari, S. Jelassi, P. Agrawal, \"Collective Model Intelligence Requires Compatible "
            + "Specialization\", 2024, arXiv 2411.02207. The paper's numbers are from its text and from its code's documentation and "
            + "notebooks; losses of its merged and routed models are bfloat16, in steps of 0.008 to 0.016.")
        .write(directory.resolve("report.html"));
  }

  private static List<String> row(Finding f) {
    return List.of(f.claim(), f.holds() ? "yes" : "no", arrows(f.measured()), arrows(f.paper()), f.criterion());
  }

  /** The console has plain ASCII; a page breaks lines within {@code ->}. */
  private static String arrows(String text) {
    return text.replace("->", "\u2192").replace("+-", "\u00B1");
  }

  private String critical() {
    String definition = "The critical step is the one with the least merged loss, if a later snapshot's is larger by at least %s; "
        .formatted(Curve.CLEAR_RISE);
    return definition + Snapshots.overTime(lab).criticalStep().map(Snapshot::step).map("here it is step %d."::formatted)
        .orElse("this run has none.");
  }

  private Map<String, Object> settings() {
    Settings settings = lab.settings();
    Recipe recipe = lab.recipe();
    Map<String, Object> rows = new LinkedHashMap<>();
    rows.put("scale", settings.scale());
    rows.put("data", settings.data());
    rows.put("SHA-256 of the tokens", settings.dataDigest());
    rows.put("seed of generation, initialisation and sampling", settings.seed());
    rows.put("base", settings.base());
    if (recipe.width() > 0) {
      rows.put("pretraining, all parameters", recipe.pretraining());
    }
    rows.put("fine-tuning, MLPs only", recipe.fineTuning());
    rows.put("experts that are routed over", "%d steps of fine-tuning".formatted(recipe.expertSteps()));
    rows.put("direct fine-tuning, MLPs only", recipe.direct());
    rows.put("routing, routers only", "%s, %s initialisation, %d router seeds".formatted(recipe.routing(),
        recipe.initialization().name().toLowerCase(Locale.ROOT), lab.scope().routerSeeds()));
    rows.put("every training", "AdamW (0.9, 0.99), decay 0.1, clipped at norm 1, %d windows of %d tokens a step, cosine to a tenth"
        .formatted(recipe.batch(), recipe.context()));
    rows.put("evaluation", "%d windows of validation text, the same for every model".formatted(recipe.evaluationWindows()));
    rows.put("CKA", "linear, token means of the block in the middle, %d windows".formatted(recipe.ckaSamples()));
    lab.journal().seconds().forEach((kind, seconds) ->
        rows.put("time of " + kind + ", summed over what ran side by side", String.format(Locale.ROOT, "%.1f s", seconds)));
    rows.put("Modelweave", version(PaperPage.class));
    rows.put("ND4J backend", Backend.require());
    rows.put("Java", "%s (%s)".formatted(System.getProperty("java.version"), System.getProperty("java.vendor")));
    rows.put("machine", "%s %s, %d processors".formatted(System.getProperty("os.name"), System.getProperty("os.arch"),
        Runtime.getRuntime().availableProcessors()));
    return rows;
  }

  private static String version(Class<?> type) {
    return Optional.ofNullable(type.getPackage().getImplementationVersion()).orElse("run from classes, without a version");
  }

  private static List<List<Object>> rows(Map<String, Object> settings) {
    List<List<Object>> rows = new ArrayList<>();
    settings.forEach((name, value) -> rows.add(List.of(name, value.toString())));
    return rows;
  }
}
