package io.modelweave.merge;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
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
public record MergeReport(Map<String, String> metadata, List<TensorReport> tensors, @JsonIgnore List<Path> files,
    @JsonIgnore Duration elapsed) {

  private static final JsonMapper JSON = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  /** Returns how many tensors were merged, not copied. */
  @JsonProperty
  public long merged() {
    return tensors.stream().filter(tensor -> !tensor.method().equals("copy")).count();
  }

  /** Returns the report as one JSON object. */
  public String toJson() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a report consists of texts and numbers", e);
    }
  }
}
