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
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What is done, on disk: one small JSON file for each finished stage, there whole or not at all, and a draft of each training under way.
 * Safe for use by several threads on different stages.
 */
public final class Journal {

  /** Records by their components alone, not by what else they can say of themselves. */
  private static final ObjectMapper JSON = JsonMapper.builder().disable(MapperFeature.AUTO_DETECT_IS_GETTERS).build();
  private static final String SETTINGS = "settings.json";
  private static final String STAGES = "stages";
  private static final String RESULT = ".json";
  private static final String DRAFT = ".safetensors";

  private final Path directory;
  private final Duration interval;
  private final Map<String, Double> seconds = new ConcurrentSkipListMap<>();

  private Journal(Path directory, Duration interval) {
    this.directory = directory;
    this.interval = interval;
  }

  private record Entry(double seconds, Object result) {}

  /**
   * Where a training writes down how far it is, so that an interruption does not cost all of it.
   *
   * @param file a safetensors file, there if the training was interrupted before
   * @param interval how often, at most
   */
  record Draft(Path file, Duration interval) {}

  /**
   * Returns the journal of a folder, which is begun if there is none.
   *
   * @param interval how often, at most, a training writes down how far it is
   * @throws IllegalArgumentException naming what differs, if the folder holds a run of other settings
   * @throws UncheckedIOException if it cannot be read or written
   */
  public static Journal open(Path directory, Settings settings, Duration interval) {
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
        deleteLeftovers(directory.resolve(STAGES));
      } else {
        AtomicFile.write(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(wanted));
      }
    } catch (JacksonException e) {
      throw new IllegalArgumentException("%s is not JSON: %s; choose another folder".formatted(file, e.getOriginalMessage()), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Journal(directory, interval);
  }

  /** Deletes what a run that was killed did not come to: files half-written, and drafts of trainings that are done. */
  private static void deleteLeftovers(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> entries = Files.walk(folder)) {
      for (Path entry : entries.filter(Files::isRegularFile).toList()) {
        String name = entry.getFileName().toString();
        boolean halfWritten = name.startsWith(".") && name.endsWith(".tmp");
        if (halfWritten || name.endsWith(DRAFT) && Files.exists(entry.resolveSibling(name.replace(DRAFT, RESULT)))) {
          Files.delete(entry);
        }
      }
    }
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
    Path file = file(name, RESULT);
    if (!Files.exists(file)) {
      long start = System.nanoTime();
      R result = work.get();
      write(file, new Entry((System.nanoTime() - start) / 1e9, result));
    }
    // What was written is what is used, so that a run that goes on cannot differ from one that was never interrupted.
    return read(name, file, type);
  }

  /** Returns what a training yields, as {@link #stage} does; its draft is beside its result until that is there. */
  <R> R training(String name, Class<R> type, Function<Draft, R> work) {
    Path draft = file(name, DRAFT);
    R result = stage(name, type, () -> {
      create(draft.getParent());
      return work.apply(new Draft(draft, interval));
    });
    try {
      Files.deleteIfExists(draft);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return result;
  }

  private Path file(String stage, String ending) {
    return directory.resolve(STAGES).resolve(stage + ending);
  }

  private static void create(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(Path file, Entry entry) {
    create(file.getParent());
    try {
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
    return Files.exists(file(name, RESULT));
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
