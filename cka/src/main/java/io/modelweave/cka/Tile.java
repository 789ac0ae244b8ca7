package io.modelweave.cka;

import java.util.ArrayList;
import java.util.List;

/** Samples {@code from} to {@code to}, which is not among them. */
record Tile(int from, int to) {

  int size() {
    return to - from;
  }

  /** Returns {@code n} samples in the fewest pieces of at most {@code edge}, about equally long. */
  static List<Tile> of(int n, int edge) {
    int pieces = (n + edge - 1) / edge;
    List<Tile> tiles = new ArrayList<>();
    for (int i = 0; i < pieces; i++) {
      tiles.add(new Tile((int) ((long) n * i / pieces), (int) ((long) n * (i + 1) / pieces)));
    }
    return tiles;
  }
}
