package io.modelweave.merge.recipe;

import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Finds the models that a recipe names. */
@FunctionalInterface
public interface ModelLocator {

  /**
   * Returns the directory in Hugging Face layout or the {@code .safetensors} file of a model.
   *
   * @param model as the recipe has it
   * @throws NoSuchFileException saying where it was looked for, if it is nowhere
   */
  Path locate(String model) throws NoSuchFileException;

  /** Returns a locator that takes names as paths: absolute ones, and others relative to these directories, the first that has it. */
  static ModelLocator in(Path... directories) {
    List<Path> all = Arrays.stream(directories).map(directory -> directory.toAbsolutePath().normalize()).distinct().toList();
    return model -> all.stream().map(directory -> directory.resolve(model).normalize()).filter(Files::exists).findFirst()
        .orElseThrow(() -> new NoSuchFileException(model, null, "not a path" + (Path.of(model).isAbsolute() ? ""
            : all.stream().map(Path::toString).collect(Collectors.joining(" or ", " in ", "")))));
  }
}
