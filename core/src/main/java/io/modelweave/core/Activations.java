package io.modelweave.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What named layers of one model answered to the same samples: layer name to {@code [n, d]}, one row a sample.
 *
 * <p>All layers share {@code n} and the sample ids, so that two sets taken from different data never meet silently: see
 * {@link #requireSameSamples(Activations)}. The arrays are detached and owned by whoever holds this object; {@code d} may
 * differ from layer to layer.
 */
public final class Activations {

  private final Map<String, INDArray> byLayer;
  private final List<String> sampleIds;

  private Activations(Map<String, INDArray> byLayer, List<String> sampleIds) {
    this.byLayer = Collections.unmodifiableMap(new LinkedHashMap<>(byLayer));
    this.sampleIds = List.copyOf(sampleIds);
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
    return new Activations(byLayer, sampleIds);
  }

  /** Returns the layer names, in the order in which the model computes them. */
  public List<String> layers() {
    return List.copyOf(byLayer.keySet());
  }

  /**
   * Returns the activations {@code [n, d]} of a layer: the array itself, not a copy.
   *
   * @throws IllegalArgumentException naming the layers there are, if {@code layer} is not one of them
   */
  public INDArray get(String layer) {
    INDArray array = byLayer.get(layer);
    if (array == null) {
      throw new IllegalArgumentException("no layer \"%s\"; there are %s".formatted(layer, byLayer.keySet()));
    }
    return array;
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
    return "Activations[%d samples, layers %s]".formatted(samples(), byLayer.keySet());
  }
}
