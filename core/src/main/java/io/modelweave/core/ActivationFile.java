package io.modelweave.core;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Activations as safetensors: one tensor {@code [n, d]} a layer, and the sample ids as {@code __sample_ids__}. */
final class ActivationFile {

  private ActivationFile() {}

  static Activations open(Checkpoint file) {
    List<String> layers = new ArrayList<>(file.names());
    boolean named = layers.remove(SampleIds.TENSOR);
    if (layers.isEmpty()) {
      throw new IllegalArgumentException("no layers in %s: activations need at least one array".formatted(file.source()));
    }
    List<Long> shape = file.info(layers.get(0)).shape();
    List<String> ids = named ? SampleIds.decode(file.raw(SampleIds.TENSOR), file.source())
        : IntStream.range(0, shape.isEmpty() ? 0 : Math.toIntExact(shape.get(0))).mapToObj(Integer::toString).toList();
    List<String> problems = layers.stream().map(file::info).filter(info -> info.shape().size() != 2 || info.shape().get(0) != ids.size())
        .map(info -> "\"%s\" is %s".formatted(info.name(), info.shape())).toList();
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException("activations must be [n, d] with one row for each of the %d samples, but in %s %s"
          .formatted(ids.size(), file.source(), String.join(", ", problems)));
    }
    return Activations.of(layers, ids, file);
  }

  static void write(Activations activations, Path file) {
    try (ActivationSpill spill = new ActivationSpill(file)) {
      spill.add(activations);
      spill.write();
    }
  }
}
