package io.modelweave.cka;

import java.util.List;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Sums over pairs of Gram matrices, of all layers at once, tile by tile: no Gram matrix is ever whole.
 *
 * <p>Each tile is computed once for each layer and serves its rows and, transposed, its columns. The tiles of all layers in a stack,
 * {@code [L, b, b]}, make the sums of all pairs of layers for each sample one batched product {@code [L, b]·[b, L]}. Memory:
 * {@code 4Lb²} elements and {@code 3nL²} doubles.
 */
final class GramSweep {

  private final List<LayerGram> a;
  private final List<LayerGram> b;
  private final boolean withinOneModel;
  private final int n;
  private final SampleSums ofA;
  private final SampleSums ofB;
  private final SampleSums cross;

  private GramSweep(List<LayerGram> a, List<LayerGram> b, boolean withinOneModel) {
    this.a = a;
    this.b = b;
    this.withinOneModel = withinOneModel;
    this.n = a.get(0).samples();
    this.ofA = new SampleSums(a, a, !withinOneModel);
    this.ofB = new SampleSums(b, b, true);
    this.cross = new SampleSums(a, b, false);
  }

  /** Returns the sums of every layer of a with every one of b, which may be the same list. */
  static SumsTable of(List<LayerGram> a, List<LayerGram> b, int edge) {
    GramSweep sweep = new GramSweep(a, b, a == b);
    List<Tile> tiles = Tile.of(sweep.n, edge);
    for (int i = 0; i < tiles.size(); i++) {
      for (Tile columns : tiles.subList(i, tiles.size())) {
        sweep.add(tiles.get(i), columns);
      }
    }
    return sweep.table();
  }

  private void add(Tile rows, Tile columns) {
    try (INDArray ofRowsA = side(a, rows, columns);
        INDArray ofRowsB = withinOneModel ? ofRowsA : side(b, rows, columns)) {
      addProducts(ofRowsA, ofRowsB, rows, columns);
      if (!rows.equals(columns)) {
        try (INDArray ofColumnsA = ofRowsA.permute(0, 2, 1).dup('c');
            INDArray ofColumnsB = withinOneModel ? ofColumnsA : ofRowsB.permute(0, 2, 1).dup('c')) {
          addProducts(ofColumnsA, ofColumnsB, columns, rows);
        }
      }
    }
  }

  private void addProducts(INDArray left, INDArray right, Tile rows, Tile columns) {
    cross.add(left, right, rows, columns);
    if (!withinOneModel) {
      ofA.add(left, left, rows, columns);
      ofB.add(right, right, rows, columns);
    }
  }

  /** Returns the tiles of all layers, {@code [layers, rows, columns]}. */
  private static INDArray side(List<LayerGram> layers, Tile rows, Tile columns) {
    INDArray[] tiles = layers.stream().map(layer -> layer.tile(rows, columns)).toArray(INDArray[]::new);
    if (tiles.length == 1) {
      return tiles[0].reshape('c', 1, rows.size(), columns.size());
    }
    try {
      return Nd4j.concat(0, tiles).reshape('c', tiles.length, rows.size(), columns.size());
    } finally {
      for (INDArray tile : tiles) {
        tile.close();
      }
    }
  }

  private SumsTable table() {
    int[] all = IntStream.range(0, n).toArray();
    PairSums[] ownA = diagonal(withinOneModel ? cross : ofA, a.size(), all);
    PairSums[][] pairs = new PairSums[a.size()][b.size()];
    for (int i = 0; i < a.size(); i++) {
      for (int j = 0; j < b.size(); j++) {
        pairs[i][j] = !withinOneModel && a.get(i).equalsToTheBit(b.get(j)) ? ownA[i] : cross.sums(i, j, all);
      }
    }
    return new SumsTable(ownA, withinOneModel ? ownA : diagonal(ofB, b.size(), all), pairs);
  }

  private static PairSums[] diagonal(SampleSums sums, int layers, int[] all) {
    return IntStream.range(0, layers).mapToObj(i -> sums.sums(i, i, all)).toArray(PairSums[]::new);
  }
}
