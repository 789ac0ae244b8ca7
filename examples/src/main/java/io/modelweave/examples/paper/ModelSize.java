package io.modelweave.examples.paper;

import io.modelweave.core.LanguageModel;
import io.modelweave.examples.paper.PaperResults.Routing;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a way of combining two specialists costs.
 *
 * @param model in words
 * @param total parameters held
 * @param active parameters applied to a token; one that several blocks apply counts each time
 */
record ModelSize(String model, long total, long active) {

  /** Returns the sizes of all that is compared; routers are dense, so every expert of a block's window reads every token. */
  static List<ModelSize> of(LanguageModel base, List<Routing> routing) {
    long alone = base.parameterCount();
    int layers = base.configuration().layers();
    long mlps = 0;
    for (int layer = 0; layer < layers; layer++) {
      mlps += base.feedForward(layer).parameters().values().stream().mapToLong(INDArray::length).sum();
    }
    List<ModelSize> sizes = new ArrayList<>(List.of(
        new ModelSize("one specialist", alone, alone),
        new ModelSize("weights merged: interpolation, TIES", alone, alone),
        new ModelSize("activations merged", alone + mlps, alone + mlps),
        new ModelSize("probability ensemble", 2 * alone, 2 * alone)));
    for (Routing r : routing) {
      // Of the two times n experts a block applies, those of its own layer are in the total already.
      sizes.add(new ModelSize(r.window() == 1 ? "routed within one layer" : "routed over %d layers".formatted(r.window()),
          r.total(), r.total() + 2 * (r.window() - 1) * mlps));
    }
    return sizes;
  }
}
