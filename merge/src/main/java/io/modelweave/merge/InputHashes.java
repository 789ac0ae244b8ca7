package io.modelweave.merge;

import com.google.common.hash.Hashing;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** SHA-256 of the files that models come from, as {@code sha256sum} prints it. */
final class InputHashes {

  private InputHashes() {}

  /** Returns file names and hashes as text; what is not in files is left out. Reads all files, side by side. */
  static String of(List<String> sources) {
    List<Path> files = sources.stream().distinct().flatMap(source -> files(source).stream()).toList();
    return files.parallelStream().map(file -> "%s=%s".formatted(file.getFileName(), sha256(file))).collect(Collectors.joining("; "));
  }

  private static List<Path> files(String source) {
    try {
      Path path = Path.of(source);
      if (!Files.isDirectory(path)) {
        return Files.isRegularFile(path) ? List.of(path) : List.of();
      }
      try (Stream<Path> files = Files.list(path)) {
        return files.filter(file -> file.toString().endsWith(".safetensors")).sorted().toList();
      }
    } catch (InvalidPathException e) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot look at " + source, e);
    }
  }

  private static String sha256(Path file) {
    try {
      return com.google.common.io.Files.asByteSource(file.toFile()).hash(Hashing.sha256()).toString();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }
}
