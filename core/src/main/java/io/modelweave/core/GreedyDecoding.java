package io.modelweave.core;

import io.modelweave.core.transformer.TransformerGraph;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Extends a sequence by its most probable next token, again and again. */
final class GreedyDecoding {

  private GreedyDecoding() {}

  /**
   * Returns the new ids.
   *
   * @param graph for one sequence of {@code prompt.length + tokens - 1}; what stands after a position does not change its logits, so the
   *     rest is padded with id 0
   */
  static int[] extend(TransformerGraph graph, int[] prompt, int tokens) {
    int[] ids = Arrays.copyOf(prompt, prompt.length + tokens);
    for (int next = prompt.length; next < ids.length; next++) {
      int[] padded = Arrays.copyOf(ids, ids.length - 1);
      try (INDArray logits = graph.outputs(padded, List.of(TransformerGraph.LOGITS)).get(TransformerGraph.LOGITS)) {
        ids[next] = logits.getRow(next - 1).argMax().getInt(0);
      }
    }
    return Arrays.copyOfRange(ids, prompt.length, ids.length);
  }
}
