package io.modelweave.merge.recipe;

import io.modelweave.merge.engine.OutputPlace;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The models of a recipe by name; two names of one path are one model. */
record OpenModels(Map<String, InputModel> byName, List<String> problems) implements AutoCloseable {

  /** Opens all that can be opened, and says why the others cannot. */
  static OpenModels open(List<String> names, ModelLocator locator) {
    Map<String, InputModel> byName = new LinkedHashMap<>();
    Map<Path, InputModel> byPath = new LinkedHashMap<>();
    List<String> problems = new ArrayList<>();
    for (String name : names) {
      try {
        Path path = locator.locate(name);
        InputModel model = byPath.get(path);
        if (model == null) {
          model = InputModel.open(name, path);
          byPath.put(path, model);
        }
        byName.put(name, model);
      } catch (NoSuchFileException e) {
        problems.add("there is no model %s: %s%s".formatted(name, Objects.requireNonNullElse(e.getReason(), "no such file"), wayOut(name)));
      } catch (InvalidPathException e) {
        problems.add("there is no model %s: this is no path".formatted(name));
      } catch (IllegalArgumentException e) {
        problems.add("model %s: %s".formatted(name, e.getMessage()));
      } catch (UncheckedIOException e) {
        problems.add("model %s: %s".formatted(name, reason(e)));
      }
    }
    return new OpenModels(byName, problems);
  }

  /** Returns the models that a path would replace. */
  List<String> at(Path fileOrDirectory) {
    return byName.values().stream().distinct().filter(model -> OutputPlace.replaces(fileOrDirectory, model.path().toString()))
        .map(InputModel::name).toList();
  }

  private static String reason(UncheckedIOException e) {
    boolean reasoned = e.getCause() instanceof FileSystemException file && file.getReason() != null;
    return reasoned ? "%s: %s".formatted(((FileSystemException) e.getCause()).getFile(), ((FileSystemException) e.getCause()).getReason())
        : String.valueOf(e.getMessage());
  }

  private static String wayOut(String name) {
    if (name.contains("+")) {
      return "; a model with a LoRA adapter must be merged with it first (merge_and_unload of peft)";
    }
    return name.contains("@") ? "; nothing is downloaded, so leave the revision out" : "; nothing is downloaded, so fetch it first";
  }

  @Override
  public void close() {
    byName.values().forEach(model -> model.checkpoint().close());
  }
}
