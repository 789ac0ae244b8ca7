package io.modelweave.core.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Which tensor of a model goes into which file: in the order given, a new file where the next tensor would exceed the limit. */
record Shards(Map<Path, List<TensorInfo>> files) {

  static final String FILE = "model.safetensors";
  static final String INDEX = "model.safetensors.index.json";

  private static final JsonFactory JSON = new JsonFactory();

  static Shards single(Path file, List<TensorInfo> tensors) {
    return new Shards(Map.of(file, tensors));
  }

  static Shards inDirectory(Path directory, List<TensorInfo> tensors, long shardBytes) {
    List<List<TensorInfo>> groups = new ArrayList<>();
    groups.add(new ArrayList<>());
    long bytes = 0;
    for (TensorInfo info : tensors) {
      if (bytes > 0 && info.byteLength() > shardBytes - bytes) {
        groups.add(new ArrayList<>());
        bytes = 0;
      }
      groups.get(groups.size() - 1).add(info);
      bytes = Math.addExact(bytes, info.byteLength());
    }
    if (groups.size() == 1) {
      return single(directory.resolve(FILE), groups.get(0));
    }
    Map<Path, List<TensorInfo>> files = new LinkedHashMap<>();
    for (List<TensorInfo> group : groups) {
      files.put(directory.resolve("model-%05d-of-%05d.safetensors".formatted(files.size() + 1, groups.size())), group);
    }
    return new Shards(files);
  }

  boolean needIndex() {
    return files.size() > 1;
  }

  /** Returns the index as transformers writes it: the bytes of all tensors, and the file name of each. */
  byte[] index() {
    long total = 0;
    Map<String, String> fileNames = new LinkedHashMap<>();
    for (Map.Entry<Path, List<TensorInfo>> file : files.entrySet()) {
      for (TensorInfo info : file.getValue()) {
        total = Math.addExact(total, info.byteLength());
        fileNames.put(info.name(), file.getKey().getFileName().toString());
      }
    }
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text).useDefaultPrettyPrinter()) {
      json.writeStartObject();
      json.writeObjectFieldStart("metadata");
      json.writeNumberField("total_size", total);
      json.writeEndObject();
      json.writeObjectFieldStart("weight_map");
      for (Map.Entry<String, String> file : fileNames.entrySet()) {
        json.writeStringField(file.getKey(), file.getValue());
      }
      json.writeEndObject();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write an index to memory", e);
    }
    return (text.toString().replace(System.lineSeparator(), "\n") + "\n").getBytes(StandardCharsets.UTF_8);
  }

  /** Returns the files of a directory that make it a model in the layout of this class. */
  static List<Path> existing(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> file.getFileName().toString().matches("model(-\\d{5}-of-\\d{5})?\\.safetensors(\\.index\\.json)?"))
          .filter(Files::isRegularFile)
          .sorted(Shards::indexFirst).toList();
    }
  }

  private static int indexFirst(Path a, Path b) {
    int order = Boolean.compare(b.endsWith(INDEX), a.endsWith(INDEX));
    return order == 0 ? a.compareTo(b) : order;
  }
}
