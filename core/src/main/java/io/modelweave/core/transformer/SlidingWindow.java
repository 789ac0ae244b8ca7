package io.modelweave.core.transformer;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Blocks whose attention looks at the last few positions only.
 *
 * <p>Source: Beltagy et al., "Longformer", 2020, arXiv 2004.05150; Jiang et al., "Mistral 7B", 2023, arXiv 2310.06825, section 2.
 *
 * @param size how many positions a token sees, itself included
 * @param layers the blocks, ascending, from 0
 */
public record SlidingWindow(int size, List<Integer> layers) {

  /** Checks and copies. */
  public SlidingWindow {
    layers = List.copyOf(layers);
    if (size < 1) {
      throw new IllegalArgumentException("a sliding window of %d positions; it must be at least 1".formatted(size));
    }
  }

  /** Returns a window in the blocks {@code from} to {@code to - 1}. */
  public static SlidingWindow of(int size, int from, int to) {
    return new SlidingWindow(size, IntStream.range(from, to).boxed().toList());
  }
}
