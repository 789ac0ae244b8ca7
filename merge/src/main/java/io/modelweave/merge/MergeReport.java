package io.modelweave.merge;

import io.modelweave.merge.engine.TensorReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What a merge did.
 *
 * @param metadata what the output carries: methods, models, recipe, seed, version
 * @param tensors one entry for each tensor of the output
 * @param files the output, an index last
 * @param elapsed wall time; not in {@link #toJson}, so that equal merges have equal reports
 */
public record MergeReport(Map<String, String> metadata, List<TensorReport> tensors, List<Path> files, Duration elapsed) {

  /** Returns how many tensors were merged, not copied. */
  public long merged() {
    return tensors.stream().filter(tensor -> !tensor.method().equals("copy")).count();
  }

  /** Returns the report as one JSON object: {@code metadata}, {@code tensors} and {@code merged}. */
  public String toJson() {
    return ReportJson.write(this);
  }
}
