package io.modelweave.core.checkpoint;

import io.modelweave.core.Checkpoint;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A model in several safetensors files, with the index that says which tensor is in which file. */
final class ShardedCheckpoint implements Checkpoint {

  private static final int LISTED = 10;

  private final Path directory;
  private final Map<String, SafetensorsFile> fileOf;
  private final Collection<SafetensorsFile> files;
  private final Ties ties;
  private final List<String> names;

  private ShardedCheckpoint(Path directory, Map<String, SafetensorsFile> fileOf, Collection<SafetensorsFile> files) {
    this.directory = directory;
    this.fileOf = fileOf;
    this.files = files;
    Map<String, String> metadata = new LinkedHashMap<>();
    files.forEach(file -> file.storedMetadata().forEach(metadata::putIfAbsent));
    this.ties = Ties.of(metadata, fileOf.keySet());
    this.names = ties.namesWith(fileOf.keySet());
  }

  static ShardedCheckpoint open(Path index) {
    Path directory = index.toAbsolutePath().getParent();
    Map<String, String> fileNames = ShardIndex.read(index);
    Map<String, SafetensorsFile> files = new LinkedHashMap<>();
    try {
      requireShards(index, directory, fileNames);
      Map<String, SafetensorsFile> fileOf = new LinkedHashMap<>();
      List<String> absent = new ArrayList<>();
      fileNames.forEach((name, fileName) -> {
        SafetensorsFile file = files.computeIfAbsent(fileName, key -> SafetensorsFile.open(directory.resolve(key)));
        if (file.stores(name)) {
          fileOf.put(name, file);
        } else if (!file.contains(name)) {
          absent.add("\"%s\" in %s".formatted(name, fileName));
        }
      });
      if (!absent.isEmpty()) {
        throw new CheckpointFormatException(index, 0, "the index names %d tensors that are not where it says: %s;"
            .formatted(absent.size(), firstOf(absent)) + " download index and shards again, from one revision");
      }
      return new ShardedCheckpoint(directory, fileOf, files.values());
    } catch (RuntimeException e) {
      files.values().forEach(SafetensorsFile::close);
      throw e;
    }
  }

  private static void requireShards(Path index, Path directory, Map<String, String> fileNames) {
    List<String> missing = fileNames.values().stream().distinct().filter(name -> !Files.exists(directory.resolve(name))).toList();
    if (!missing.isEmpty()) {
      String problem = "the index names %d files that are not beside it: %s; download them too".formatted(missing.size(), firstOf(missing));
      throw new UncheckedIOException("%s: %s".formatted(index, problem),
          new NoSuchFileException(directory.resolve(missing.get(0)).toString(), null, problem));
    }
  }

  private static String firstOf(List<String> all) {
    return String.join(", ", all.subList(0, Math.min(LISTED, all.size()))) + (all.size() > LISTED ? " and more" : "");
  }

  @Override
  public List<String> names() {
    return names;
  }

  @Override
  public boolean contains(String name) {
    return fileOf.containsKey(name) || ties.nameOfAlias().containsKey(name);
  }

  @Override
  public TensorInfo info(String name) {
    TensorInfo stored = file(name).info(ties.stored(name));
    return stored.name().equals(name) ? stored : stored.named(name);
  }

  @Override
  public void read(String name, long offset, ByteBuffer destination) {
    file(name).read(ties.stored(name), offset, destination);
  }

  @Override
  public Map<String, String> metadata() {
    return ties.metadata();
  }

  @Override
  public Map<String, String> tied() {
    return ties.nameOfAlias();
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
    return "Checkpoint[%d tensors, %s]".formatted(names.size(), directory);
  }

  private SafetensorsFile file(String name) {
    SafetensorsFile file = fileOf.get(ties.stored(name));
    if (file == null) {
      throw new MissingTensorException(source(), name, names);
    }
    return file;
  }
}
