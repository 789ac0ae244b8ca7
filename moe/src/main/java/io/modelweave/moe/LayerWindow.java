package io.modelweave.moe;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Which layers' experts a block may route to. */
public interface LayerWindow {

  /**
   * Returns the layers that block {@code layer} routes to, none twice. The policies here list the block's own first.
   *
   * @param layer from 0
   * @param layers {@code L}
   * @throws IllegalArgumentException if the window does not fit the model
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
    requirePositive(n);
    return (layer, layers) -> first(n, layer, layers, 1);
  }

  /**
   * The mirror image of {@link #upThenDown}: {@code l, l - 1, ...} downwards, and where block 0 is reached the missing ones upwards.
   *
   * @param n size of every block's window, at least 1
   */
  static LayerWindow downFirst(int n) {
    requirePositive(n);
    return (layer, layers) -> first(n, layer, layers, -1);
  }

  /**
   * The {@code n} layers nearest to the block's own, {@code l, l + 1, l - 1, l + 2, ...}; what lies outside the model is passed over.
   *
   * @param n size of every block's window, at least 1
   */
  static LayerWindow symmetric(int n) {
    requirePositive(n);
    return (layer, layers) -> {
      requireFits(n, layers);
      List<Integer> window = new ArrayList<>(List.of(layer));
      for (int distance = 1; window.size() < n; distance++) {
        for (int near : new int[] {layer + distance, layer - distance}) {
          if (near >= 0 && near < layers && window.size() < n) {
            window.add(near);
          }
        }
      }
      return List.copyOf(window);
    };
  }

  /** All layers: the block's own, those above it, then those below it. */
  static LayerWindow all() {
    return (layer, layers) -> first(layers, layer, layers, 1);
  }

  /**
   * The layers that a map names for each block.
   *
   * @param layersOf block to layers, in the order that experts shall have; every block must be there
   */
  static LayerWindow explicit(Map<Integer, List<Integer>> layersOf) {
    Map<Integer, List<Integer>> copy = Map.copyOf(layersOf);
    return (layer, layers) -> {
      List<Integer> window = copy.get(layer);
      if (window == null || window.isEmpty()) {
        throw new IllegalArgumentException("the explicit window names no layer for block %d; blocks are 0 to %d"
            .formatted(layer, layers - 1));
      }
      return window;
    };
  }

  /**
   * The block's own layer, and those whose similarity to it is at least a threshold, the most similar first, of equal ones the lower.
   *
   * @param similarity {@code [L, L]}, of the layer of the row in the host and the layer of the column in the other models, such as CKA
   * @param threshold in the units of the matrix
   * @throws IllegalArgumentException if the matrix is not square or holds NaN
   */
  static LayerWindow compatible(double[][] similarity, double threshold) {
    double[][] copy = Arrays.stream(similarity).map(double[]::clone).toArray(double[][]::new);
    for (int row = 0; row < copy.length; row++) {
      if (copy[row].length != copy.length || Arrays.stream(copy[row]).anyMatch(Double::isNaN)) {
        throw new IllegalArgumentException("row %d of the similarity matrix is %s; %d finite numbers are needed, one a layer"
            .formatted(row, Arrays.toString(copy[row]), copy.length));
      }
    }
    return (layer, layers) -> {
      if (copy.length != layers) {
        throw new IllegalArgumentException("the similarity matrix is of %d layers, the model has %d".formatted(copy.length, layers));
      }
      List<Integer> window = new ArrayList<>(List.of(layer));
      IntStream.range(0, layers).filter(other -> other != layer && copy[layer][other] >= threshold).boxed()
          .sorted((a, b) -> Double.compare(copy[layer][b], copy[layer][a])).forEach(window::add);
      return List.copyOf(window);
    };
  }

  private static List<Integer> first(int n, int layer, int layers, int direction) {
    requireFits(n, layers);
    List<Integer> window = new ArrayList<>();
    for (int l = layer; l >= 0 && l < layers && window.size() < n; l += direction) {
      window.add(l);
    }
    for (int l = layer - direction; window.size() < n; l -= direction) {
      window.add(l);
    }
    return List.copyOf(window);
  }

  private static void requirePositive(int n) {
    if (n < 1) {
      throw new IllegalArgumentException("a window of %d layers; it needs at least the block's own".formatted(n));
    }
  }

  private static void requireFits(int n, int layers) {
    if (n > layers) {
      throw new IllegalArgumentException("a window of %d layers is larger than the model of %d, whose layers are 0 to %d; use at most %d"
          .formatted(n, layers, layers - 1, layers));
    }
  }
}
