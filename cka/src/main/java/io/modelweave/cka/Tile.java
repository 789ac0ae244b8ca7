package io.modelweave.cka;

import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Samples {@code from} to {@code to}, which is not among them. */
record Tile(int from, int to) {

  int size() {
    return to - from;
  }

  /** Returns {@code n} samples in pieces of {@code edge}, the last of which may be shorter: pieces of one length can share memory. */
  static List<Tile> of(int n, int edge) {
    return IntStream.range(0, (n + edge - 1) / edge).mapToObj(i -> new Tile(i * edge, Math.min(n, (i + 1) * edge))).toList();
  }

  /** Passes on every pair of tiles once: each with itself and with those after it. */
  static void pairs(List<Tile> tiles, BiConsumer<Tile, Tile> use) {
    for (int i = 0; i < tiles.size(); i++) {
      for (Tile columns : tiles.subList(i, tiles.size())) {
        use.accept(tiles.get(i), columns);
      }
    }
  }

  /** Copies what a kernel returned, which may be of anyone's making, into a tile. */
  static void copy(INDArray values, INDArray to, Kernel kernel) {
    if (!Arrays.equals(values.shape(), to.shape())) {
      throw new IllegalArgumentException("kernel \"%s\" must return %s for so many rows of x and y, but returned %s"
          .formatted(kernel.name(), Arrays.toString(to.shape()), Arrays.toString(values.shape())));
    }
    to.assign(values);
  }
}
