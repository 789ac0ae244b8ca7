package io.modelweave.core;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What named layers of one model answered to the same samples: layer name to {@code [n, d]}, one row a sample.
 *
 * <p>All layers share {@code n} and the sample ids, so that two sets taken from different data never meet silently: see
 * {@link #requireSameSamples(Activations)}. The arrays are detached and owned by whoever holds this object; {@code d} may
 * differ from layer to layer. Activations that were opened from a file read a layer when it is first asked for.
 */
public final class Activations implements AutoCloseable {

  private final List<String> layers;
  private final Map<String, INDArray> byLayer;
  private final List<String> sampleIds;
  private final @Nullable Checkpoint file;
  private boolean closed;

  private Activations(List<String> layers, Map<String, INDArray> byLayer, List<String> sampleIds, @Nullable Checkpoint file) {
    this.layers = List.copyOf(layers);
    this.byLayer = new LinkedHashMap<>(byLayer);
    this.sampleIds = List.copyOf(sampleIds);
    this.file = file;
  }

  /**
   * Returns activations whose samples are numbered {@code "0", "1", ...}. The arrays are referenced, not copied.
   *
   * @param byLayer layer name to {@code [n, d]}, in the order in which layers should be listed
   * @throws IllegalArgumentException if there is no layer, or an array is not of rank 2, or the layers differ in {@code n}
   */
  public static Activations of(Map<String, INDArray> byLayer) {
    long n = byLayer.values().stream().findFirst().map(a -> a.rank() == 0 ? 0 : a.size(0)).orElse(0L);
    return of(byLayer, IntStream.range(0, Math.toIntExact(n)).mapToObj(Integer::toString).toList());
  }

  /**
   * Returns activations of the named samples. The arrays are referenced, not copied.
   *
   * @param byLayer layer name to {@code [n, d]}, in the order in which layers should be listed
   * @param sampleIds {@code n} names, one a row
   * @throws IllegalArgumentException listing every layer that is not {@code [n, d]} with the {@code n} of {@code sampleIds}
   */
  public static Activations of(Map<String, INDArray> byLayer, List<String> sampleIds) {
    if (byLayer.isEmpty()) {
      throw new IllegalArgumentException("no layers: activations need at least one array");
    }
    List<String> problems = new ArrayList<>();
    byLayer.forEach((layer, array) -> {
      if (array.rank() != 2 || array.size(0) != sampleIds.size()) {
        problems.add("layer \"%s\" is %s".formatted(layer, Arrays.toString(array.shape())));
      }
    });
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException("activations must be [n, d] with one row for each of the %d samples, but %s; pool or reshape them first"
          .formatted(sampleIds.size(), String.join(", ", problems)));
    }
    return new Activations(List.copyOf(byLayer.keySet()), byLayer, sampleIds, null);
  }

  /**
   * Opens activations in a safetensors file: what {@link #write} or {@link ActivationRecorder#recordTo} wrote, or any file whose tensors
   * are all {@code [n, d]}; samples of the latter are numbered. Reads the header and the sample ids; layers are read when asked for.
   *
   * @throws io.modelweave.core.checkpoint.CheckpointFormatException if the file is damaged
   * @throws IllegalArgumentException listing every tensor that is not {@code [n, d]} with one row for each sample
   * @throws java.io.UncheckedIOException if the file cannot be read
   */
  public static Activations open(Path file) {
    Checkpoint checkpoint = Checkpoint.open(file);
    try {
      return ActivationFile.open(checkpoint);
    } catch (RuntimeException e) {
      checkpoint.close();
      throw e;
    }
  }

  static Activations of(List<String> layers, List<String> sampleIds, Checkpoint file) {
    return new Activations(layers, Map.of(), sampleIds, file);
  }

  /**
   * Writes all layers and the sample ids to a safetensors file, replacing one that is there. The file appears complete or not at all.
   *
   * @throws java.io.UncheckedIOException if the file cannot be written
   */
  public void write(Path file) {
    ActivationFile.write(this, file);
  }

  /** Returns the layer names, in the order in which the model computes them. */
  public List<String> layers() {
    return layers;
  }

  /**
   * Returns the activations {@code [n, d]} of a layer: the array itself, not a copy, which lives until {@link #close}.
   *
   * @throws IllegalArgumentException naming the layers there are, if {@code layer} is not one of them
   * @throws IllegalStateException if these activations are closed
   */
  public synchronized INDArray get(String layer) {
    if (closed) {
      throw new IllegalStateException("the activations are closed; take the layer \"%s\" before closing them, or open the file again".formatted(layer));
    }
    if (!layers.contains(layer)) {
      throw new IllegalArgumentException("no layer \"%s\"; there are %s".formatted(layer, layers));
    }
    return byLayer.computeIfAbsent(layer, name -> Objects.requireNonNull(file).tensor(name));
  }

  /** Frees the arrays of all layers and closes the file, if there is one; closing twice does nothing. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      byLayer.values().forEach(ArrayMemory::free);
      if (file != null) {
        file.close();
      }
    }
  }

  /** Returns the {@code n} sample ids, one a row. */
  public List<String> sampleIds() {
    return sampleIds;
  }

  /** Returns {@code n}, the number of samples. */
  public int samples() {
    return sampleIds.size();
  }

  /**
   * Returns normally if both sets are answers to the same samples in the same order.
   *
   * @throws IllegalArgumentException with both counts, or the first row whose ids differ
   */
  public void requireSameSamples(Activations other) {
    if (samples() != other.samples()) {
      throw new IllegalArgumentException("the activations are of different data: %d samples against %d".formatted(samples(), other.samples()));
    }
    for (int i = 0; i < samples(); i++) {
      if (!sampleIds.get(i).equals(other.sampleIds.get(i))) {
        throw new IllegalArgumentException("the activations are of different data: row %d is sample \"%s\" against \"%s\"; record both on the same batches in the same order"
            .formatted(i, sampleIds.get(i), other.sampleIds.get(i)));
      }
    }
  }

  @Override
  public String toString() {
    return "Activations[%d samples, layers %s]".formatted(samples(), layers);
  }
}
