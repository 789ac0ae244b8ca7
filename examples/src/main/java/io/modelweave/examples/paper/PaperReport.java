package io.modelweave.examples.paper;

import io.modelweave.cka.Score;
import io.modelweave.examples.report.CsvFile;
import io.modelweave.examples.report.JsonFile;
import io.modelweave.examples.report.TextTable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes the results down: a table for the console, CSV, JSON, the paper's figures as PNG, and one page with all of it. */
final class PaperReport {

  private final PaperResults results;

  PaperReport(PaperResults results) {
    this.results = results;
  }

  /** Returns the tables and findings that the console shows. */
  String text() {
    TextTable overTime = new TextTable("step", "maths", "code", "merged (activations)", "merged (weights)", "CKA target", "CKA pretraining");
    results.snapshots().forEach(s -> overTime.row(s.step(), number(s.mathsLoss()), number(s.codeLoss()), number(s.mergedLoss()),
        number(s.weightMergedLoss()), number(s.targetCka().value()), number(s.pretrainingCka().value())));
    TextTable routing = new TextTable("routed over", "loss", "trained parameters", "all parameters");
    results.routing().forEach(r -> routing.row(r.window() + (r.window() == 1 ? " layer" : " layers"), number(r.loss()), r.trained(), r.total()));
    StringBuilder findings = new StringBuilder();
    Finding.of(results).forEach(f -> findings.append(f.holds() ? "yes  " : "NO   ").append(f.sentence()).append('\n'));
    return "Losses in nats per token; merged: the best alpha of the grid, on the target; CKA: linear, debiased, middle block.\n\n"
        + overTime + '\n' + routing + '\n' + findings;
  }

  /** Writes all files into a directory that exists. */
  void write(Path directory) {
    // Numbers first: a figure that cannot be drawn must not cost them.
    JsonFile.write(directory.resolve("report.json"), json());
    CsvFile.write(directory.resolve("snapshots.csv"),
        List.of("step", "mathsLoss", "codeLoss", "mergedActivations", "mergedWeights", "ckaTarget", "ckaTargetBiased", "ckaTargetNullFloor",
            "ckaPretraining", "ckaPretrainingBiased", "ckaPretrainingNullFloor", "activationsMiddle", "weightsMiddle", "ties", "ensemble",
            "mathsOnPretraining", "codeOnPretraining", "mergedOnPretraining"),
        results.snapshots().stream().map(s -> List.of(s.step(), s.mathsLoss(), s.codeLoss(), s.mergedLoss(), s.weightMergedLoss(),
            s.targetCka().value(), s.targetCka().biased(), s.targetCka().nullFloor(), s.pretrainingCka().value(), s.pretrainingCka().biased(),
            s.pretrainingCka().nullFloor(), s.middleLoss(), s.weightMiddleLoss(), s.tiesLoss(), s.ensembleLoss(),
            s.retention().maths(), s.retention().code(), s.retention().merged())).toList());
    CsvFile.write(directory.resolve("interpolation.csv"), List.of("step", "alpha", "activations", "weights"), interpolationRows());
    CsvFile.write(directory.resolve("routing.csv"), List.of("window", "loss", "trainedParameters", "allParameters"),
        results.routing().stream().map(r -> List.of(r.window(), r.loss(), r.trained(), r.total())).toList());
    CsvFile.write(directory.resolve("parameters.csv"), List.of("model", "total", "active"),
        results.sizes().stream().map(m -> List.of(m.model(), m.total(), m.active())).toList());
    results.layers().across().writeCsv(directory.resolve("layer-cka.csv"));
    results.layers().withinMaths().writeCsv(directory.resolve("layer-cka-maths.csv"));
    results.layers().withMerge().writeCsv(directory.resolve("layer-cka-merge.csv"));
    List<Figure> figures = new PaperFigures(results).all();
    figures.forEach(figure -> figure.write(directory));
    new PaperPage(results).write(directory, figures);
  }

  private List<List<Double>> interpolationRows() {
    List<List<Double>> rows = new ArrayList<>();
    results.snapshots().forEach(s -> s.activationLosses().forEach(
        (alpha, loss) -> rows.add(List.of((double) s.step(), alpha, loss, s.weightLosses().get(alpha)))));
    return rows;
  }

  private Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("scale", results.scale().name().toLowerCase(Locale.ROOT));
    json.put("data", results.data());
    json.put("seed", results.seed());
    json.put("parameters", results.parameters());
    json.put("sizes", results.sizes());
    results.criticalStep().ifPresent(critical -> json.put("criticalStep", critical.step()));
    json.put("snapshots", results.snapshots().stream().map(PaperReport::json).toList());
    json.put("routing", results.routing());
    json.put("findings", Finding.of(results));
    json.put("seconds", results.seconds());
    json.put("java", System.getProperty("java.version"));
    return json;
  }

  private static Map<String, Object> json(Snapshot s) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("step", s.step());
    json.put("mathsLoss", s.mathsLoss());
    json.put("codeLoss", s.codeLoss());
    json.put("activationLosses", s.activationLosses());
    json.put("weightLosses", s.weightLosses());
    json.put("tiesLoss", s.tiesLoss());
    json.put("ensembleLoss", s.ensembleLoss());
    json.put("pretrainingLosses", s.retention());
    json.put("ckaTarget", json(s.targetCka()));
    json.put("ckaPretraining", json(s.pretrainingCka()));
    return json;
  }

  private static Map<String, Object> json(Score score) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("debiased", score.value());
    json.put("biased", score.biased());
    json.put("nullFloor", score.nullFloor());
    json.put("standardError", score.standardError());
    json.put("n", score.n());
    return json;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }
}
