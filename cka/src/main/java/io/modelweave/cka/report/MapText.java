package io.modelweave.cka.report;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.modelweave.cka.CkaMatrix;
import io.modelweave.cka.Score;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A {@link CkaMatrix} as text: every number of every score, or a table to read. */
public final class MapText {

  private final CkaMatrix map;

  /** Makes the texts of a map. */
  public MapText(CkaMatrix map) {
    this.map = map;
  }

  /** Returns a header and one line for each pair of layers. */
  public String csv() {
    StringBuilder csv = new StringBuilder("layerA,layerB,");
    csv.append(String.join(",", map.score(0, 0).fields().keySet())).append('\n');
    for (int i = 0; i < map.layersA().size(); i++) {
      for (int j = 0; j < map.layersB().size(); j++) {
        csv.append(quoted(map.layersA().get(i))).append(',').append(quoted(map.layersB().get(j)));
        map.score(i, j).fields().values().forEach(number -> csv.append(',').append(number));
        csv.append('\n');
      }
    }
    return csv.toString();
  }

  /** Returns one JSON object. */
  public String json() {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(text).useDefaultPrettyPrinter()) {
      Score first = map.score(0, 0);
      json.writeStartObject();
      json.writeStringField("kernel", first.kernel());
      json.writeStringField("estimator", first.estimator().name());
      json.writeNumberField("n", first.n());
      writeStrings(json, "layersA", map.layersA());
      writeStrings(json, "layersB", map.layersB());
      json.writeArrayFieldStart("values");
      for (int i = 0; i < map.layersA().size(); i++) {
        json.writeStartArray();
        for (int j = 0; j < map.layersB().size(); j++) {
          write(json, map.value(i, j));
        }
        json.writeEndArray();
      }
      json.writeEndArray();
      json.writeArrayFieldStart("scores");
      for (int i = 0; i < map.layersA().size(); i++) {
        for (int j = 0; j < map.layersB().size(); j++) {
          writeScore(json, map.layersA().get(i), map.layersB().get(j), map.score(i, j));
        }
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write to memory", e);
    }
    return text + "\n";
  }

  private static void writeScore(JsonGenerator json, String layerA, String layerB, Score score) throws IOException {
    json.writeStartObject();
    json.writeStringField("layerA", layerA);
    json.writeStringField("layerB", layerB);
    for (Map.Entry<String, Object> field : score.fields().entrySet()) {
      json.writeFieldName(field.getKey());
      write(json, field.getValue());
    }
    writeStrings(json, "warnings", score.warnings());
    json.writeEndObject();
  }

  private static void writeStrings(JsonGenerator json, String name, List<String> values) throws IOException {
    json.writeArrayFieldStart(name);
    for (String value : values) {
      json.writeString(value);
    }
    json.writeEndArray();
  }

  /** Writes null for what is undefined: JSON has no NaN. */
  private static void write(JsonGenerator json, Object value) throws IOException {
    if (value instanceof Double number && !Double.isFinite(number)) {
      json.writeNull();
    } else {
      json.writeObject(value);
    }
  }

  /** Returns the values as a Markdown table. */
  public String markdown() {
    List<String> layersB = map.layersB();
    List<String> lines = new ArrayList<>();
    String corner = map.withinOneModel() ? "| layer | " : "| a \\ b | ";
    lines.add(layersB.stream().map(MapText::cell).collect(Collectors.joining(" | ", corner, " |")));
    lines.add("|---|" + "---:|".repeat(layersB.size()));
    for (int i = 0; i < map.layersA().size(); i++) {
      int row = i;
      lines.add(IntStream.range(0, layersB.size()).mapToObj(j -> number(map.value(row, j)))
          .collect(Collectors.joining(" | ", "| " + cell(map.layersA().get(i)) + " | ", " |")));
    }
    return String.join("\n", lines) + "\n";
  }

  private static String number(double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.3f", value);
  }

  private static String cell(String name) {
    return name.replace("|", "\\|").replace('\n', ' ');
  }

  private static String quoted(String name) {
    boolean plain = name.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
    return plain ? name : '"' + name.replace("\"", "\"\"") + '"';
  }
}
