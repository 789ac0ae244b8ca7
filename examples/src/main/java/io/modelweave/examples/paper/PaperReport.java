package io.modelweave.examples.paper;

import io.modelweave.examples.paper.experiment.Figure;
import io.modelweave.examples.paper.experiment.Finding;
import io.modelweave.examples.paper.experiment.Section;
import io.modelweave.examples.paper.experiment.Table;
import io.modelweave.examples.paper.lab.Laboratory;
import io.modelweave.examples.report.CsvFile;
import io.modelweave.examples.report.JsonFile;
import io.modelweave.examples.report.TextTable;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes the results down: tables for the console, CSV, JSON, the paper's figures as PNG, and one page with all of it. */
final class PaperReport {

  private final Laboratory lab;
  private final List<Section> sections;

  PaperReport(Laboratory lab, List<Section> sections) {
    this.lab = lab;
    this.sections = sections;
  }

  /** Returns the tables and findings that the console shows: of merging and routing. */
  String text() {
    StringBuilder text = new StringBuilder(
        "Losses in nats per token; merged: the best alpha of the grid, on the target; CKA: linear, debiased, middle block.\n");
    sections.stream().filter(s -> List.of("merging", "routing").contains(s.name()))
        .forEach(section -> text.append('\n').append(text(section.tables().get(0))));
    text.append('\n');
    findings().forEach(f -> text.append(f.holds() ? "yes  " : "NO   ").append(f.sentence()).append('\n'));
    return text.toString();
  }

  private static TextTable text(Table table) {
    TextTable text = new TextTable(table.header().toArray(String[]::new));
    table.rows().forEach(row -> text.row(
        row.stream().map(cell -> cell instanceof Double number ? String.format(Locale.ROOT, "%.3f", number) : cell).toArray()));
    return text;
  }

  /** Returns every claim that the sections bear on. */
  List<Finding> findings() {
    return sections.stream().flatMap(section -> section.findings().stream()).toList();
  }

  /** Writes all files into a directory that exists. */
  void write(Path directory) {
    // Numbers first: a figure that cannot be drawn must not cost them.
    JsonFile.write(directory.resolve("report.json"), json());
    sections.stream().flatMap(section -> section.tables().stream())
        .forEach(table -> CsvFile.write(directory.resolve(table.name() + ".csv"), table.header(), table.rows()));
    for (Section section : sections) {
      for (Figure figure : section.figures()) {
        figure.write(directory);
      }
    }
    new PaperPage(lab, sections).write(directory);
  }

  private Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("settings", lab.settings());
    json.put("scope", lab.scope());
    sections.forEach(section -> json.put(section.name(), section.results()));
    json.put("findings", findings());
    json.put("seconds", lab.journal().seconds());
    json.put("java", System.getProperty("java.version"));
    return json;
  }
}
