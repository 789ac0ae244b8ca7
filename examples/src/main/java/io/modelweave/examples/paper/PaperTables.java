package io.modelweave.examples.paper;

import java.util.List;
import java.util.function.Function;

/** The numbers behind the figures, as the report prints them. */
final class PaperTables {

  /**
   * A table of the report.
   *
   * @param title a sentence above it
   * @param header names of the columns
   * @param rows a cell for each column
   */
  record Table(String title, List<String> header, List<List<Object>> rows) {}

  private final PaperResults results;

  PaperTables(PaperResults results) {
    this.results = results;
  }

  List<Table> all() {
    return List.of(overTime(), methods(), forgetting(), cka(), routing(), sizes());
  }

  private Table overTime() {
    return ofSnapshots("The specialists on their own domains, and their merge on the target: the best alpha of the grid.",
        List.of("step", "maths", "code", "activations merged", "weights merged"),
        s -> List.of(s.step(), s.mathsLoss(), s.codeLoss(), s.mergedLoss(), s.weightMergedLoss()));
  }

  private Table methods() {
    return ofSnapshots("Ways of merging the same specialists, on the target.",
        List.of("step", "activations, 0.5", "weights, 0.5", "TIES, density 0.2", "probability ensemble", "maths alone", "code alone"),
        s -> List.of(s.step(), s.middleLoss(), s.weightMiddleLoss(), s.tiesLoss(), s.ensembleLoss(),
            s.activationLosses().get(0.0), s.activationLosses().get(1.0)));
  }

  private Table forgetting() {
    return ofSnapshots("Forgetting: losses on pretraining text; merged at alpha 0.5, activations interpolated.",
        List.of("step", "maths", "code", "merged"),
        s -> List.of(s.step(), s.retention().maths(), s.retention().code(), s.retention().merged()));
  }

  private Table cka() {
    return ofSnapshots("CKA of the specialists' middle blocks; the null floor is what the biased estimate gives for unrelated samples.",
        List.of("step", "target", "biased", "null floor", "pretraining text", "biased", "null floor"),
        s -> List.of(s.step(), s.targetCka().value(), s.targetCka().biased(), s.targetCka().nullFloor(),
            s.pretrainingCka().value(), s.pretrainingCka().biased(), s.pretrainingCka().nullFloor()));
  }

  private Table routing() {
    return new Table("Trained routers over the last specialists, by the layers in each block's window.",
        List.of("layers", "loss on target", "trained parameters", "all parameters"),
        results.routing().stream().map(r -> List.<Object>of(r.window(), r.loss(), r.trained(), r.total())).toList());
  }

  private Table sizes() {
    return new Table("Parameters: in all, and applied to each token, where one that several blocks apply counts each time.",
        List.of("model", "total", "active"),
        results.sizes().stream().map(m -> List.<Object>of(m.model(), m.total(), m.active())).toList());
  }

  private Table ofSnapshots(String title, List<String> header, Function<Snapshot, List<Object>> row) {
    return new Table(title, header, results.snapshots().stream().map(row).toList());
  }
}
