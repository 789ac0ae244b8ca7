package io.modelweave.core;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import io.modelweave.core.text.TokenBatch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Runs a language model on batches and joins what its layers computed, one row a token or a sample. */
final class RecordedActivations {

  private RecordedActivations() {}

  static Activations of(LanguageModel model, Iterable<? extends TokenBatch> batches, Pooling pooling, List<String> layers) {
    Map<String, List<INDArray>> parts = new LinkedHashMap<>();
    List<String> ids = new ArrayList<>();
    for (TokenBatch batch : batches) {
      model.outputs(batch, layers)
          .forEach((layer, value) -> parts.computeIfAbsent(layer, l -> new ArrayList<>()).add(pool(value, pooling)));
      ids.addAll(sampleIds(batch, pooling));
    }
    if (ids.isEmpty() || parts.isEmpty()) {
      throw new IllegalArgumentException(ids.isEmpty() ? "no batch to record" : "no layer to record; there are " + model.activationNames());
    }
    Map<String, INDArray> byLayer = new LinkedHashMap<>();
    parts.forEach((layer, pieces) ->
        byLayer.put(layer, pieces.size() == 1 ? pieces.get(0) : Nd4j.concat(0, pieces.toArray(INDArray[]::new))));
    return Activations.of(byLayer, ids);
  }

  private static INDArray pool(INDArray value, Pooling pooling) { // [B, T, d]
    return switch (pooling) {
      case ALL_TOKENS -> value.reshape(value.size(0) * value.size(1), value.size(2));
      case MEAN -> value.mean(1);
      case LAST -> value.get(all(), point(value.size(1) - 1), all()).dup('c').reshape(value.size(0), value.size(2));
    };
  }

  private static List<String> sampleIds(TokenBatch batch, Pooling pooling) {
    if (pooling != Pooling.ALL_TOKENS) {
      return batch.sampleIds();
    }
    List<String> ids = new ArrayList<>();
    for (String sequence : batch.sampleIds()) {
      for (int t = 0; t < batch.length(); t++) {
        ids.add(sequence + ":" + t);
      }
    }
    return ids;
  }
}
