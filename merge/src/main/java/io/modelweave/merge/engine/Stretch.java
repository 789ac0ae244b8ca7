package io.modelweave.merge.engine;

import io.modelweave.merge.method.TensorContext;
import java.util.ArrayList;
import java.util.List;

/**
 * A few consecutive chunks of one tensor, which one thread reads, computes and writes in one go.
 *
 * @param tensor that the chunks are of
 * @param from the first chunk, counted from 0 in the tensor
 * @param to the chunk after the last
 */
record Stretch(PlannedTensor tensor, int from, int to) {

  /** Elements of a stretch: chunks fit into the cache, but calls of the system and turns of the threads are better fewer. */
  static final int ELEMENTS = 1 << 17;

  /** Returns what a tensor consists of, in order; at least one stretch, and the same whatever the number of threads. */
  static List<Stretch> of(PlannedTensor tensor) {
    TensorContext context = tensor.context();
    int chunks = Math.max(1, ELEMENTS / context.chunkLength());
    List<Stretch> stretches = new ArrayList<>();
    for (int from = 0; from == 0 || from < context.chunks(); from += chunks) {
      stretches.add(new Stretch(tensor, from, Math.min(context.chunks(), from + chunks)));
    }
    return stretches;
  }

  /** Returns the chunks of a tensor whose ordinal in the group is a multiple of a number, each by itself. */
  static List<Stretch> sample(PlannedTensor tensor, int every) {
    TensorContext context = tensor.context();
    List<Stretch> stretches = new ArrayList<>();
    for (int chunk = Math.floorMod(-context.firstChunk(), every); chunk < context.chunks(); chunk += every) {
      stretches.add(new Stretch(tensor, chunk, chunk + 1));
    }
    return stretches;
  }

  /** Returns whether nothing of the tensor comes after. */
  boolean last() {
    return to == tensor.context().chunks();
  }

  /** Returns the index of the first element in the tensor. */
  long start() {
    return (long) from * tensor.context().chunkLength();
  }

  /** Returns the number of elements. */
  int length() {
    return (int) (Math.min(tensor.context().length(), (long) to * tensor.context().chunkLength()) - start());
  }
}
