package io.modelweave.examples.paper.lab;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.modelweave.core.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What is done, on disk: one small JSON file for each finished stage, there whole or not at all. Safe for use by several threads on
 * different stages.
 */
public final class Journal {

  /** Records by their components alone, not by what else they can say of themselves. */
  private static final ObjectMapper JSON = JsonMapper.builder().disable(MapperFeature.AUTO_DETECT_IS_GETTERS).build();
  private static final String SETTINGS = "settings.json";

  private final Path directory;
  private final Map<String, Double> seconds = new ConcurrentSkipListMap<>();

  private Journal(Path directory) {
    this.directory = directory;
  }

  private record Entry(double seconds, Object result) {}

  /**
   * Returns the journal of a folder, which is begun if there is none.
   *
   * @throws IllegalArgumentException naming what differs, if the folder holds a run of other settings
   * @throws UncheckedIOException if it cannot be read or written
   */
  public static Journal open(Path directory, Settings settings) {
    Path file = directory.resolve(SETTINGS);
    try {
      JsonNode wanted = JSON.readTree(JSON.writeValueAsBytes(settings));
      if (Files.exists(file)) {
        List<String> differences = new ArrayList<>();
        compare("", JSON.readTree(Files.readAllBytes(file)), wanted, differences);
        if (!differences.isEmpty()) {
          throw new IllegalArgumentException("%s holds a run of other settings: %s; repeat its options, or choose another folder"
              .formatted(directory, String.join(", ", differences)));
        }
      } else {
        AtomicFile.write(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(wanted));
      }
    } catch (JacksonException e) {
      throw new IllegalArgumentException("%s is not JSON: %s; choose another folder".formatted(file, e.getOriginalMessage()), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Journal(directory);
  }

  /** Returns whether a folder holds a run that can go on. */
  public static boolean isIn(Path directory) {
    return Files.exists(directory.resolve(SETTINGS));
  }

  private static void compare(String name, JsonNode before, JsonNode now, List<String> differences) {
    if (now.isObject() && before.isObject()) {
      now.fieldNames().forEachRemaining(field -> compare(name.isEmpty() ? field : name + "." + field, before.path(field), now.get(field),
          differences));
    } else if (!before.equals(now)) {
      differences.add("%s was %s and is now %s".formatted(name, before, now));
    }
  }

  /**
   * Returns what the work of a stage yields: as it was written down if it was done before, else by doing it now.
   *
   * @param name of the stage, its kind and a slash first
   * @param type of the result: JSON must be able to hold it without loss, which is given for records of numbers
   */
  public <R> R stage(String name, Class<R> type, Supplier<R> work) {
    Path file = directory.resolve("stages").resolve(name + ".json");
    if (!Files.exists(file)) {
      long start = System.nanoTime();
      R result = work.get();
      write(file, new Entry((System.nanoTime() - start) / 1e9, result));
    }
    // What was written is what is used, so that a run that goes on cannot differ from one that was never interrupted.
    return read(name, file, type);
  }

  private static void write(Path file, Entry entry) {
    try {
      Files.createDirectories(file.getParent());
      AtomicFile.write(file, JSON.writeValueAsBytes(entry));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private <R> R read(String name, Path file, Class<R> type) {
    try {
      JsonNode written = JSON.readTree(Files.readAllBytes(file));
      seconds.put(name, written.path("seconds").doubleValue());
      return JSON.treeToValue(written.path("result"), type);
    } catch (JacksonException e) {
      throw new IllegalArgumentException(
          "%s is not what was written there (%s); delete it and go on".formatted(file, e.getOriginalMessage()), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns whether a stage is done. */
  public boolean isDone(String name) {
    return Files.exists(directory.resolve("stages").resolve(name + ".json"));
  }

  /** Returns a folder of the run. */
  Path folder(String name) {
    return directory.resolve(name);
  }

  /** Deletes what an interrupted stage left in a folder. */
  void clear(Path folder) {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> entries = Files.walk(folder)) {
      for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(entry);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the time of each kind of stage in seconds: the sum over stages, which may have been at work side by side. */
  public Map<String, Double> seconds() {
    Map<String, Double> kinds = new ConcurrentSkipListMap<>();
    seconds.forEach((name, elapsed) -> kinds.merge(name.substring(0, name.indexOf('/')), elapsed, Double::sum));
    return kinds;
  }
}
