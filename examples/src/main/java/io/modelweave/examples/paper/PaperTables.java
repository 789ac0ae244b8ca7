package io.modelweave.examples.paper;

import java.util.List;

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
    return List.of(overTime(), routing());
  }

  private Table overTime() {
    return new Table("By fine-tuning step: the specialists on their own domains, their merge on the target (best alpha), and their CKA (debiased).",
        List.of("step", "maths", "code", "activations merged", "weights merged", "CKA on target", "CKA on pretraining text"),
        results.snapshots().stream().map(s -> List.<Object>of(s.step(), s.mathsLoss(), s.codeLoss(), s.mergedLoss(), s.weightMergedLoss(),
            s.targetCka().value(), s.pretrainingCka().value())).toList());
  }

  private Table routing() {
    return new Table("Trained routers over the last specialists, by the layers in each block's window.",
        List.of("layers", "loss on target", "trained parameters", "all parameters"),
        results.routing().stream().map(r -> List.<Object>of(r.window(), r.loss(), r.trained(), r.total())).toList());
  }
}
