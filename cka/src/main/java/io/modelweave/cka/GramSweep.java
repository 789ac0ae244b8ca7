package io.modelweave.cka;

import com.google.common.collect.ImmutableList;
import io.modelweave.core.BatchWorkers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Sums over pairs of Gram matrices, of all layers at once, tile by tile: no Gram matrix is ever whole, unless it is one tile.
 *
 * <p>Each tile is computed once for each layer and serves its rows and, transposed, its columns. The tiles of all layers are a stack,
 * {@code [L, b, b]}, of which each sample gives the sums of all pairs of layers by one product {@code [L, b]·[b, L]}. Memory:
 * {@code 2Lb²} elements, {@code 2Lbd} for rows of features, and {@code 3nL²} doubles. Layers, then samples, are shared out to workers,
 * so that no sum depends on their number.
 */
final class GramSweep {

  /** Samples whose products are taken at once by one worker. */
  private static final int SHARE = 64;

  private final List<LayerGram> a;
  private final List<LayerGram> b;
  private final List<LayerGram> layers;
  private final BatchWorkers workers;
  private final SampleSums sums;
  private final List<TileStack> stacks = new ArrayList<>();

  private GramSweep(List<LayerGram> a, List<LayerGram> b, boolean projected, BatchWorkers workers) {
    this.a = a;
    this.b = b;
    this.layers = a == b ? a : ImmutableList.<LayerGram>builder().addAll(a).addAll(b).build();
    this.workers = workers;
    this.sums = new SampleSums(layers, a.size(), a == b, projected);
  }

  /**
   * Returns the sums of every layer of a with every one of b, which may be the same list.
   *
   * @param estimator whose value without each sample is wanted
   */
  static SumsTable of(List<LayerGram> a, List<LayerGram> b, int edge, HsicEstimator estimator, BatchWorkers workers) {
    GramSweep sweep = of(a, b, estimator, workers);
    try {
      Tile.pairs(Tile.of(a.get(0).samples(), edge), sweep::add);
    } finally {
      sweep.stacks.forEach(TileStack::close);
    }
    return sweep.table();
  }

  /**
   * Returns the same sums of Gram matrices that are known.
   *
   * @param whole those of a, then, unless it is the same list, those of b
   */
  static SumsTable of(List<LayerGram> a, List<LayerGram> b, TileStack whole, HsicEstimator estimator, BatchWorkers workers) {
    GramSweep sweep = of(a, b, estimator, workers);
    Tile all = new Tile(0, a.get(0).samples());
    sweep.addSums(whole, all, all);
    return sweep.table();
  }

  private static GramSweep of(List<LayerGram> a, List<LayerGram> b, HsicEstimator estimator, BatchWorkers workers) {
    return new GramSweep(a, b, estimator != HsicEstimator.DEBIASED, workers);
  }

  private void add(Tile rows, Tile columns) {
    boolean symmetric = rows.equals(columns);
    TileStack tiles = stack(0, rows, columns);
    TileStack twins = symmetric ? tiles : stack(1, columns, rows);
    Shares.forEach(workers, layers.size(), i -> tiles.put(i, layers.get(i), rows, columns, twins));
    addSums(tiles, rows, columns);
    if (!symmetric) {
      addSums(twins, columns, rows);
    }
  }

  /** Returns memory for tiles of that size: the last one if it fits, as it does but at the edges. */
  private TileStack stack(int place, Tile rows, Tile columns) {
    if (place < stacks.size() && stacks.get(place).fits(rows, columns)) {
      return stacks.get(place);
    }
    if (place < stacks.size()) {
      stacks.remove(place).close();
    }
    stacks.add(place, new TileStack(a.get(0).type(), layers.size(), rows.size(), columns.size()));
    return stacks.get(place);
  }

  private void addSums(TileStack tiles, Tile at, Tile columns) {
    for (int i = 0; i < layers.size(); i++) {
      sums.addSquares(i, tiles.squares(i), at);
    }
    List<Tile> shares = Tile.of(at.size(), SHARE);
    Shares.forEach(workers, shares.size(), i -> sums.addProducts(tiles.all(), shares.get(i), at.from()));
    if (sums.projected()) {
      try (INDArray diagonals = sums.diagonals(columns)) {
        Shares.forEach(workers, layers.size(), i -> sums.addProjections(i, tiles.layer(i), diagonals, at));
      }
    }
  }

  private SumsTable table() {
    int[] all = IntStream.range(0, a.get(0).samples()).toArray();
    PairSums[] own = IntStream.range(0, layers.size()).mapToObj(i -> sums.sums(i, i, all)).toArray(PairSums[]::new);
    PairSums[][] pairs = new PairSums[a.size()][b.size()];
    int first = a == b ? 0 : a.size();
    for (int i = 0; i < a.size(); i++) {
      for (int j = 0; j < b.size(); j++) {
        pairs[i][j] = a.get(i).equalsToTheBit(b.get(j)) ? own[i] : sums.sums(i, first + j, all);
      }
    }
    return new SumsTable(Arrays.copyOf(own, a.size()), Arrays.copyOfRange(own, first, first + b.size()), pairs);
  }
}
