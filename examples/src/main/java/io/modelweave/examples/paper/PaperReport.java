package io.modelweave.examples.paper;

import io.modelweave.cka.Score;
import io.modelweave.examples.paper.PaperResults.Routing;
import io.modelweave.examples.report.CsvFile;
import io.modelweave.examples.report.JsonFile;
import io.modelweave.examples.report.LineChart;
import io.modelweave.examples.report.TextTable;
import io.modelweave.examples.report.TrajectoryChart;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Writes the results down: a table for the console, CSV, JSON, and the paper's figures as PNG. */
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
    results.findings().forEach(f -> findings.append(f.holds() ? "yes  " : "NO   ").append(f.sentence()).append('\n'));
    return "Losses in nats per token; merged: the best alpha of the grid, on the target; CKA: linear, debiased, middle block.\n\n"
        + overTime + '\n' + routing + '\n' + findings;
  }

  /** Writes all files into a directory that exists. */
  void write(Path directory) {
    CsvFile.write(directory.resolve("snapshots.csv"),
        List.of("step", "mathsLoss", "codeLoss", "mergedActivations", "mergedWeights", "ckaTarget", "ckaTargetBiased", "ckaTargetNullFloor",
            "ckaPretraining", "ckaPretrainingBiased", "ckaPretrainingNullFloor"),
        results.snapshots().stream().map(s -> List.of(s.step(), s.mathsLoss(), s.codeLoss(), s.mergedLoss(), s.weightMergedLoss(),
            s.targetCka().value(), s.targetCka().biased(), s.targetCka().nullFloor(), s.pretrainingCka().value(), s.pretrainingCka().biased(),
            s.pretrainingCka().nullFloor())).toList());
    CsvFile.write(directory.resolve("interpolation.csv"), List.of("step", "alpha", "activations", "weights"), interpolationRows());
    CsvFile.write(directory.resolve("routing.csv"), List.of("window", "loss", "trainedParameters", "allParameters"),
        results.routing().stream().map(r -> List.of(r.window(), r.loss(), r.trained(), r.total())).toList());
    results.acrossModels().writeCsv(directory.resolve("layer-cka.csv"));
    results.acrossModels().writePng(directory.resolve("layer-cka.png"), "CKA of maths (rows) and code (columns) specialist");
    results.withinMaths().writePng(directory.resolve("layer-cka-maths.png"), "CKA within the maths specialist");
    lossChart().write(directory.resolve("loss-over-steps.png"));
    ckaChart().write(directory.resolve("merged-loss-over-cka.png"));
    alphaChart().write(directory.resolve("loss-over-alpha.png"));
    routingChart().write(directory.resolve("routing-loss.png"));
    JsonFile.write(directory.resolve("report.json"), json());
  }

  private List<List<Double>> interpolationRows() {
    List<List<Double>> rows = new ArrayList<>();
    results.snapshots().forEach(s -> s.activationLosses().forEach(
        (alpha, loss) -> rows.add(List.of((double) s.step(), alpha, loss, s.weightLosses().get(alpha)))));
    return rows;
  }

  private LineChart lossChart() {
    double[] steps = ofSnapshots(Snapshot::step);
    return new LineChart("Specialists and their merge, by fine-tuning step", "fine-tuning step", "validation loss (nats per token)").logX()
        .series("maths on maths", steps, ofSnapshots(Snapshot::mathsLoss))
        .series("code on code", steps, ofSnapshots(Snapshot::codeLoss))
        .series("activations merged, on target", steps, ofSnapshots(Snapshot::mergedLoss))
        .series("weights merged, on target", steps, ofSnapshots(Snapshot::weightMergedLoss));
  }

  private TrajectoryChart ckaChart() {
    List<String> steps = results.snapshots().stream().map(s -> Integer.toString(s.step())).toList();
    double[] losses = ofSnapshots(Snapshot::mergedLoss);
    return new TrajectoryChart("Merged loss and compatibility, by fine-tuning step", "CKA of the specialists (debiased)", "merged loss on target (nats per token)")
        .trajectory("on target text", ofSnapshots(s -> s.targetCka().value()), losses, steps)
        .trajectory("on pretraining text", ofSnapshots(s -> s.pretrainingCka().value()), losses, steps);
  }

  private LineChart alphaChart() {
    LineChart chart = new LineChart("Interpolated MLP outputs", "alpha, the weight of the code specialist", "loss on target (nats per token)");
    for (Snapshot s : List.of(results.best(), results.last())) {
      chart.series(s == results.last() ? "last step, %d".formatted(s.step()) : "best step, %d".formatted(s.step()),
          s.activationLosses().keySet().stream().mapToDouble(Double::doubleValue).toArray(),
          s.activationLosses().values().stream().mapToDouble(Double::doubleValue).toArray());
      if (s == results.last()) {
        break; // the best step may be the last
      }
    }
    return chart;
  }

  private LineChart routingChart() {
    double[] windows = results.routing().stream().mapToDouble(Routing::window).toArray();
    double[] merged = new double[windows.length];
    Arrays.fill(merged, results.last().mergedLoss());
    return new LineChart("Routing across layers", "layers in each block's window", "loss on target (nats per token)")
        .series("trained routers", windows, results.routing().stream().mapToDouble(Routing::loss).toArray())
        .series("best interpolation of the same specialists", windows, merged);
  }

  private double[] ofSnapshots(ToDoubleFunction<Snapshot> value) {
    return results.snapshots().stream().mapToDouble(value).toArray();
  }

  private Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("scale", results.scale().name().toLowerCase(Locale.ROOT));
    json.put("data", results.data());
    json.put("seed", results.seed());
    json.put("parameters", results.parameters());
    json.put("snapshots", results.snapshots().stream().map(PaperReport::json).toList());
    json.put("routing", results.routing());
    json.put("findings", results.findings());
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
