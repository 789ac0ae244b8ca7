package io.modelweave.merge.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Where a merge is written, and whether that is where one of its models lies. */
public final class OutputPlace {

  private static final String FILE = "model.safetensors";

  private OutputPlace() {}

  /**
   * Returns whether writing to a place would replace a model, however the two are spelt: relative, through links, as a directory or as the
   * file in it.
   *
   * @param fileOrDirectory where the output goes
   * @param model a file or directory, or the name of something that is no file
   */
  public static boolean replaces(Path fileOrDirectory, String model) {
    Path input;
    try {
      input = Path.of(model);
    } catch (InvalidPathException e) {
      return false; // what lies in memory has a name that need not be a path
    }
    Path output = fileOrDirectory.toAbsolutePath().normalize();
    List<Path> outputs = List.of(output, output.resolve(FILE));
    return Stream.of(input, input.resolve(FILE)).anyMatch(in -> outputs.stream().anyMatch(out -> isSame(in, out)));
  }

  private static boolean isSame(Path a, Path b) {
    try {
      return Files.exists(a) && Files.exists(b) && Files.isSameFile(a, b);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot compare %s and %s".formatted(a, b), e);
    }
  }
}
