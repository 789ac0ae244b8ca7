package io.modelweave.examples;

import io.modelweave.core.Checkpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One tensor of a checkpoint, written {@code FILE:NAME} on the command line.
 *
 * @param file a checkpoint
 * @param name a tensor of it
 */
record ArrayArgument(Path file, String name) {

  /**
   * Returns what an argument names. Colons may be in both parts: the first that ends the path of a file counts.
   *
   * @throws IllegalArgumentException if there is no such file, or no name after it
   */
  static ArrayArgument parse(String argument) {
    for (int colon = argument.indexOf(':'); colon >= 0; colon = argument.indexOf(':', colon + 1)) {
      Path file = Path.of(argument.substring(0, colon));
      if (colon > 0 && colon < argument.length() - 1 && Files.exists(file)) {
        return new ArrayArgument(file, argument.substring(colon + 1));
      }
    }
    if (Files.exists(Path.of(argument))) {
      throw new IllegalArgumentException("%s names no tensor; write FILE:NAME, and see \"inspect\" for the names".formatted(argument));
    }
    throw new IllegalArgumentException("%s is not FILE:NAME of a file that is there".formatted(argument));
  }

  /**
   * Returns the features {@code [n, d]}, which the caller closes.
   *
   * @param flatten whether {@code [n, T, d]} is read as {@code [n T, d]}
   * @throws IllegalArgumentException if there is no such tensor, or it has another shape
   */
  INDArray features(boolean flatten) {
    try (Checkpoint checkpoint = Checkpoint.open(file)) {
      long[] shape = checkpoint.info(name).shape().stream().mapToLong(Long::longValue).toArray();
      if (shape.length == 3 && !flatten) {
        throw new IllegalArgumentException("%s is %s, not [n, d]; add --flatten to compare all of its %d positions as samples"
            .formatted(this, Arrays.toString(shape), shape[0] * shape[1]));
      }
      if (shape.length != 2 && shape.length != 3) {
        throw new IllegalArgumentException("%s is %s, but a comparison needs features [n, d]".formatted(this, Arrays.toString(shape)));
      }
      INDArray tensor = checkpoint.tensor(name);
      return shape.length == 2 ? tensor : tensor.reshape(shape[0] * shape[1], shape[2]);
    }
  }

  @Override
  public String toString() {
    return file + ":" + name;
  }
}
