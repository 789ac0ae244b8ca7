package io.modelweave.benchmarks.suite;

import io.modelweave.benchmarks.MergeFiles;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * {@link MergeFiles} in a JVM of its own, started as {@code examples/run} starts a merge: with an archive of the classes that an earlier
 * merge had loaded.
 */
final class MergeProcess {

  private static final String QUIET = "-Xlog:cds*=off";

  private MergeProcess() {}

  /**
   * Merges once and returns the largest resident memory in MB.
   *
   * @param method {@code linear}, {@code ties} or {@code copy}
   */
  static long run(String method, Path folder) {
    List<Path> jars = jars();
    Path archive = archive(method, jars);
    return Files.exists(archive) ? run(jars, List.of("-XX:SharedArchiveFile=" + archive, QUIET), method, folder)
        : run(jars, List.of(), method, folder);
  }

  /** Merges once to leave an archive behind, unless there is one that is newer than all classes. A plain copy goes without. */
  static void prepare(String method, Path folder) {
    List<Path> jars = jars();
    Path archive = archive(method, jars);
    boolean packed = jars.stream().noneMatch(Files::isDirectory); // there is no archive of directories
    if (packed && !method.equals("copy") && jars.stream().anyMatch(jar -> changed(jar) >= changed(archive))) {
      run(jars, List.of("-XX:ArchiveClassesAtExit=" + archive, QUIET), method, folder);
    }
  }

  private static long run(List<Path> jars, List<String> options, String method, Path folder) {
    List<String> command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java")));
    command.addAll(options);
    command.addAll(List.of("-cp", String.join(File.pathSeparator, jars.stream().map(Path::toString).toList()), MergeFiles.class.getName(),
        method, folder.toString()));
    try {
      Files.deleteIfExists(folder.resolve(MergeFiles.OUTPUT)); // to write over a file is another job than to write one
      Process process = new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (process.waitFor() != 0) {
        throw new IllegalStateException("merging %s in %s ends with exit code %d".formatted(method, folder, process.exitValue()));
      }
      return Long.parseLong(output.substring(output.lastIndexOf('\n') + 1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static Path archive(String method, List<Path> jars) {
    return jars.get(0).resolveSibling("classes-of-merge-%s-%d.jsa".formatted(method, Runtime.version().feature()));
  }

  /** Returns the class path, with the jar that was made of a folder of classes instead of the folder. */
  private static List<Path> jars() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator)).map(Path::of).map(MergeProcess::packed).toList();
  }

  private static Path packed(Path classes) {
    if (!Files.isDirectory(classes)) {
      return classes;
    }
    try (Stream<Path> beside = Files.list(classes.toAbsolutePath().getParent())) {
      return beside.filter(file -> file.toString().endsWith(".jar")).findFirst().orElse(classes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long changed(Path file) {
    try {
      return Files.exists(file) ? Files.getLastModifiedTime(file).toMillis() : 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
