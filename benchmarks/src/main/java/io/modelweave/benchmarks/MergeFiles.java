package io.modelweave.benchmarks;

import io.modelweave.core.Checkpoint;
import io.modelweave.merge.Merge;
import io.modelweave.merge.Merger;
import io.modelweave.merge.Mergekit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What do two models on disk cost to merge into a third: wall time from the start of a process to its end, and its largest resident
 * memory?
 *
 * <p>Data: models of the shape of GPT-2 small, 498 MB as F32 and 249 MB as BF16, in the system's cache; TIES has a third model as base and
 * keeps 0.3. {@code copy} reads two files and writes one in a JVM and is what a merge cannot do without. Each run is a process of its own,
 * with a young generation of 32 MB as {@code examples/run} has it, and no archive of classes. With {@code process=used} it is the third
 * merge of its process, timed from its own start to its end: what is left when classes are loaded and compiled. With
 * {@code process=command} it is {@code examples/run merge} and a recipe, from the shell's start to its end. The peers are
 * {@code benchmarks/peers/merge_files.py} and, where mergekit is installed, {@code benchmarks/peers/mergekit_files.py}.
 *
 * <p>Floor: the bytes of the output by the rate of a plain copy of a file.
 *
 * <pre>{@code
 * benchmarks/run MergeFiles
 * }</pre>
 */
public final class MergeFiles {

  /** The merged file in the folder of the models. */
  public static final String OUTPUT = "merged.safetensors";

  private MergeFiles() {}

  /**
   * Merges, and prints the milliseconds of the last merge and then the largest resident memory of this process in MB.
   *
   * @param arguments {@code linear}, {@code ties} or {@code copy}, the folder of the directories {@code a}, {@code b} and, for TIES,
   *     {@code base}, and how many times the same is done
   */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[1]);
    long start = System.nanoTime();
    for (int i = 0; i < Integer.parseInt(arguments[2]); i++) {
      Files.deleteIfExists(folder.resolve(OUTPUT)); // to write over a file is another job than to write one
      start = System.nanoTime();
      run(arguments[0], folder);
    }
    System.out.println((System.nanoTime() - start) / 1e6);
    System.out.println(peakMegabytes());
  }

  private static void run(String method, Path folder) throws IOException {
    Path output = folder.resolve(OUTPUT);
    switch (method) {
      case "copy" -> {
        FileCopy.read(file(folder, "a"));
        FileCopy.copy(file(folder, "b"), output);
      }
      case "linear" -> {
        try (Checkpoint a = Checkpoint.open(file(folder, "a")); Checkpoint b = Checkpoint.open(file(folder, "b"))) {
          merge(a, b, "linear").writeTo(output);
        }
      }
      case "ties" -> {
        try (Checkpoint a = Checkpoint.open(file(folder, "a")); Checkpoint b = Checkpoint.open(file(folder, "b"));
            Checkpoint base = Checkpoint.open(file(folder, "base"))) {
          merge(a, b, "ties").base(base).set("density", 0.3).writeTo(output);
        }
      }
      default -> throw new IllegalArgumentException("%s is none of copy, linear, ties".formatted(method));
    }
  }

  /** Returns the file of one model. */
  public static Path file(Path folder, String model) {
    return folder.resolve(model).resolve("model.safetensors");
  }

  private static Merge merge(Checkpoint a, Checkpoint b, String method) {
    return Merger.of(a, b).method(Mergekit.method(method)).weights(0.5, 0.5);
  }

  private static long peakMegabytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) / 1024;
      }
    }
    throw new IOException("/proc/self/status has no VmHWM");
  }
}
