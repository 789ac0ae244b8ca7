package io.modelweave.moe;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Which layers' experts a block may route to. */
public interface LayerWindow {

  /**
   * Returns the layers that block {@code layer} routes to, the block's own first.
   *
   * @param layer from 0
   * @param layers {@code L}
   * @throws IllegalArgumentException if the window is larger than the model
   */
  List<Integer> of(int layer, int layers);

  /**
   * The paper's window of {@code n} layers: {@code l, l + 1, ...} upwards; where the top is reached the missing ones are taken
   * downwards, {@code l - 1, l - 2, ...}. For twelve layers and {@code n = 4}, block 10 routes to 10, 11, 9, 8.
   *
   * <p>Source: Pari, Jelassi and Agrawal, 2024, arXiv 2411.02207, section 3, and the authors' code.
   *
   * @param n size of every block's window, at least 1
   */
  static LayerWindow upThenDown(int n) {
    if (n < 1) {
      throw new IllegalArgumentException("a window of %d layers; it needs at least the block's own".formatted(n));
    }
    return (layer, layers) -> {
      if (n > layers) {
        throw new IllegalArgumentException("a window of %d layers is larger than the model of %d".formatted(n, layers));
      }
      int up = Math.min(n, layers - layer);
      return Stream.concat(IntStream.range(layer, layer + up).boxed(), IntStream.range(0, n - up).mapToObj(i -> layer - 1 - i)).toList();
    };
  }
}
