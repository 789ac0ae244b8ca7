package io.modelweave.merge;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.modelweave.merge.engine.TensorReport;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/** Writes a report field by field: loading Jackson's data binding would take as long as merging a hundred megabytes. */
final class ReportJson {

  private static final JsonFactory JSON = new JsonFactory();

  private ReportJson() {}

  static String write(MergeReport report) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text).useDefaultPrettyPrinter()) {
      json.writeStartObject();
      json.writeObjectFieldStart("metadata");
      for (Map.Entry<String, String> entry : report.metadata().entrySet()) {
        json.writeStringField(entry.getKey(), entry.getValue());
      }
      json.writeEndObject();
      json.writeArrayFieldStart("tensors");
      for (TensorReport tensor : report.tensors()) {
        write(tensor, json);
      }
      json.writeEndArray();
      json.writeNumberField("merged", report.merged());
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write a report to memory", e);
    }
    return text.toString();
  }

  private static void write(TensorReport tensor, JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("name", tensor.name());
    json.writeStringField("type", tensor.type());
    writeWhole("shape", tensor.shape(), json);
    json.writeStringField("method", tensor.method());
    json.writeFieldName("norms");
    write(tensor.norms(), json);
    json.writeArrayFieldStart("cosines");
    for (List<Double> row : tensor.cosines()) {
      write(row, json);
    }
    json.writeEndArray();
    json.writeNumberField("signConflicts", tensor.signConflicts());
    json.writeNumberField("normRatio", tensor.normRatio());
    writeWhole("nonFiniteInputs", tensor.nonFiniteInputs(), json);
    json.writeNumberField("nonFinite", tensor.nonFinite());
    json.writeNumberField("different", tensor.different());
    json.writeStringField("sha256", tensor.sha256());
    json.writeEndObject();
  }

  private static void writeWhole(String field, List<Long> numbers, JsonGenerator json) throws IOException {
    json.writeFieldName(field);
    json.writeArray(numbers.stream().mapToLong(Long::longValue).toArray(), 0, numbers.size());
  }

  private static void write(List<Double> numbers, JsonGenerator json) throws IOException {
    json.writeArray(numbers.stream().mapToDouble(Double::doubleValue).toArray(), 0, numbers.size());
  }
}
