package io.modelweave.core.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.modelweave.core.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A model in several safetensors files, with the index that says which tensor is in which file. */
final class ShardedCheckpoint implements Checkpoint {

  private static final JsonMapper JSON = JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private final Path directory;
  private final Map<String, SafetensorsFile> fileOf;
  private final Collection<SafetensorsFile> files;
  private final Map<String, String> metadata = new LinkedHashMap<>();

  private ShardedCheckpoint(Path directory, Map<String, SafetensorsFile> fileOf, Collection<SafetensorsFile> files) {
    this.directory = directory;
    this.fileOf = fileOf;
    this.files = files;
    files.forEach(file -> file.metadata().forEach(metadata::putIfAbsent));
  }

  static ShardedCheckpoint open(Path index) {
    Path directory = index.toAbsolutePath().getParent();
    Map<String, SafetensorsFile> files = new LinkedHashMap<>();
    Map<String, SafetensorsFile> fileOf = new LinkedHashMap<>();
    try {
      weightMap(index).forEach((name, fileName) -> {
        SafetensorsFile file = files.computeIfAbsent(fileName, key -> SafetensorsFile.open(directory.resolve(key)));
        if (!file.contains(name)) {
          throw new CheckpointFormatException(index, 0, "the index says that tensor \"%s\" is in %s, but it is not".formatted(name, fileName));
        }
        fileOf.put(name, file);
      });
      return new ShardedCheckpoint(directory, fileOf, files.values());
    } catch (RuntimeException e) {
      files.values().forEach(SafetensorsFile::close);
      throw e;
    }
  }

  private static Map<String, String> weightMap(Path index) {
    JsonNode map;
    try {
      map = JSON.readTree(Files.readAllBytes(index)).path("weight_map");
    } catch (JsonProcessingException e) {
      throw new CheckpointFormatException(index, Math.max(0, e.getLocation().getByteOffset()), "the index is not valid JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + index, e);
    }
    if (!map.isObject() || map.isEmpty()) {
      throw new CheckpointFormatException(index, 0, "the index needs an object \"weight_map\" from tensor name to file name");
    }
    Map<String, String> fileNames = new LinkedHashMap<>();
    map.properties().forEach(field -> {
      String fileName = field.getValue().asText();
      if (!fileName.matches("[A-Za-z0-9_][A-Za-z0-9_.-]*\\.safetensors")) {
        throw new CheckpointFormatException(index, 0, "tensor \"%s\" must be in a .safetensors file beside the index, but is in \"%s\"".formatted(field.getKey(), fileName));
      }
      fileNames.put(field.getKey(), fileName);
    });
    return fileNames;
  }

  @Override
  public List<String> names() {
    return List.copyOf(fileOf.keySet());
  }

  @Override
  public boolean contains(String name) {
    return fileOf.containsKey(name);
  }

  @Override
  public TensorInfo info(String name) {
    return file(name).info(name);
  }

  @Override
  public void read(String name, long offset, ByteBuffer destination) {
    file(name).read(name, offset, destination);
  }

  @Override
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(metadata);
  }

  @Override
  public String source() {
    return directory.toString();
  }

  @Override
  public void close() {
    files.forEach(SafetensorsFile::close);
  }

  @Override
  public String toString() {
    return "Checkpoint[%d tensors, %s]".formatted(fileOf.size(), directory);
  }

  private SafetensorsFile file(String name) {
    SafetensorsFile file = fileOf.get(name);
    if (file == null) {
      throw new MissingTensorException(source(), name, fileOf.keySet());
    }
    return file;
  }
}
