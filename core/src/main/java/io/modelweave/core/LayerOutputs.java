package io.modelweave.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What named layers of a model answered to one batch, before pooling.
 *
 * <p>The arrays are detached and belong to whoever holds this object.
 *
 * @param byLayer layer name to {@code [B, T, d]} (one vector a position) or {@code [B, d]} (one a sample), in the order asked for
 * @param sampleIds {@code B} names, one a sample; empty if the batch has none, then its samples are numbered
 * @param mask {@code [B, T]}, 0 where there is padding; null if every position counts
 */
public record LayerOutputs(Map<String, INDArray> byLayer, List<String> sampleIds, @Nullable INDArray mask) implements AutoCloseable {

  /**
   * Checks ranks and sizes.
   *
   * @throws IllegalArgumentException listing every layer that is neither {@code [B, T, d]} nor {@code [B, d]} with the {@code B} of the
   *     others, or that the mask does not fit; or if there is no sample
   */
  public LayerOutputs {
    byLayer = Collections.unmodifiableMap(new LinkedHashMap<>(byLayer));
    sampleIds = List.copyOf(sampleIds);
    INDArray first = byLayer.values().stream().findFirst().orElseThrow(() -> new IllegalArgumentException("no layer was asked for"));
    long batch = sampleIds.isEmpty() ? first.rank() == 0 ? 0 : first.size(0) : sampleIds.size();
    List<String> problems = new ArrayList<>();
    byLayer.forEach((layer, value) -> {
      if (value.rank() < 2 || value.rank() > 3 || value.isEmpty() || value.size(0) != batch) {
        problems.add("layer \"%s\" is %s".formatted(layer, Arrays.toString(value.shape())));
      }
    });
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException("a layer of a batch of %d samples must be [%d, T, d] or [%d, d], but %s; leave it out or reshape it in the model"
          .formatted(batch, batch, batch, String.join(", ", problems)));
    }
    requireMask(byLayer, mask, batch);
  }

  private static void requireMask(Map<String, INDArray> byLayer, @Nullable INDArray mask, long batch) {
    if (mask == null) {
      return;
    }
    byLayer.forEach((layer, value) -> {
      boolean fits = mask.rank() == 2 && mask.size(0) == batch && (value.rank() == 2 || mask.size(1) == value.size(1));
      if (!fits) {
        throw new IllegalArgumentException("the mask is %s, but layer \"%s\" is %s; a mask must be [B, T] of the layers that are [B, T, d]"
            .formatted(Arrays.toString(mask.shape()), layer, Arrays.toString(value.shape())));
      }
    });
  }

  /** Returns {@code B}, the number of samples. */
  public int samples() {
    return Math.toIntExact(byLayer.values().iterator().next().size(0));
  }

  /** Frees the arrays of the layers, not the mask; closing twice does nothing. */
  @Override
  public void close() {
    byLayer.values().forEach(ArrayMemory::free);
  }
}
