package io.modelweave.cka;

import static java.util.Objects.requireNonNull;

import io.modelweave.cka.products.HostFloats;
import io.modelweave.core.Activations;
import io.modelweave.core.BatchWorkers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Linear CKA from moments, to which batches are added in place. */
final class LinearAccumulator implements CkaAccumulator {

  private @Nullable MapMoments moments;
  private BatchWorkers workers = BatchWorkers.single();

  @Override
  public LinearAccumulator workers(BatchWorkers several) {
    workers = requireNonNull(several, "workers");
    return this;
  }

  @Override
  public void add(Activations a, Activations b) {
    Roster roster = Roster.ofBatch(a, b);
    MapMoments all = moments == null ? MapMoments.none(roster) : moments;
    all.roster().requireNew(roster);
    int n = all.roster().samples();
    int ofA = all.a().size();
    LayerMoments.@Nullable Batch[] batches = new LayerMoments.Batch[ofA + all.b().size()];
    try {
      Shares.forEach(workers, batches.length,
          i -> batches[i] = i < ofA ? batch(a, all.a(), i, n, " of a") : batch(b, all.b(), i - ofA, n, " of b"));
      List<LayerMoments.Batch> left = Arrays.asList(batches).subList(0, ofA);
      List<LayerMoments.Batch> right = Arrays.asList(batches).subList(ofA, batches.length);
      all.forEachPair(workers, (pair, x, y) -> {
        LayerMoments.Batch ofX = x.in(left, right);
        pair.add(ofX, x.equals(y) ? ofX : y.in(left, right), x.in(all.a(), all.b()), y.in(all.a(), all.b()));
      });
      for (int i = 0; i < left.size(); i++) {
        all.a().set(i, left.get(i).joint());
      }
      for (int j = 0; j < right.size(); j++) {
        all.b().set(j, right.get(j).joint());
      }
      all.roster().add(roster);
      moments = all;
    } finally {
      for (LayerMoments.Batch batch : batches) {
        if (batch != null) {
          batch.close();
        }
      }
    }
  }

  private static LayerMoments.Batch batch(Activations activations, List<LayerMoments> before, int i, int n, String owner) {
    String layer = activations.layers().get(i);
    return before.get(i).with(n, activations.get(layer), "layer \"" + layer + "\"" + owner);
  }

  @Override
  public void merge(CkaAccumulator other) {
    if (!(requireNonNull(other, "other") instanceof LinearAccumulator that)) {
      throw new IllegalArgumentException("cannot merge mini-batches into exact sums; use the same kind of accumulator on every worker");
    }
    if (that.moments == null) {
      return;
    }
    MapMoments mine = moments == null ? MapMoments.none(that.moments.roster()) : moments;
    MapMoments theirs = that.moments;
    mine.roster().requireNew(theirs.roster());
    double n = mine.roster().samples();
    double m = theirs.roster().samples();
    List<LayerMoments> a = joined(mine.a(), theirs.a(), n, m);
    List<LayerMoments> b = joined(mine.b(), theirs.b(), n, m);
    Iterator<PairMoments> next = theirs.pairs().iterator();
    mine.forEachPair((pair, x, y) -> {
      double[] meanOfX = x.in(a, b).mean();
      double[] meanOfY = y.in(a, b).mean();
      shift(pair, n, x.in(mine.a(), mine.b()), y.in(mine.a(), mine.b()), meanOfX, meanOfY);
      try (PairMoments copy = next.next().copy()) {
        shift(copy, m, x.in(theirs.a(), theirs.b()), y.in(theirs.a(), theirs.b()), meanOfX, meanOfY);
        pair.add(copy);
      }
    });
    mine.roster().add(theirs.roster());
    moments = new MapMoments(mine.roster(), a, b, mine.ofA(), mine.ofB(), mine.cross());
  }

  private static List<LayerMoments> joined(List<LayerMoments> left, List<LayerMoments> right, double n, double m) {
    List<LayerMoments> joined = new ArrayList<>();
    for (int i = 0; i < left.size(); i++) {
      joined.add(left.get(i).plus(right.get(i), n, m));
    }
    return joined;
  }

  private static void shift(PairMoments pair, double n, LayerMoments x, LayerMoments y, double[] meanOfX, double[] meanOfY) {
    pair.shift(n, LayerMoments.shift(x.mean(), meanOfX), LayerMoments.shift(y.mean(), meanOfY), x, y);
  }

  @Override
  public int samples() {
    return moments == null ? 0 : moments.roster().samples();
  }

  @Override
  public CkaMatrix result() {
    if (moments == null || samples() < Score.FEWEST_SAMPLES) {
      throw new IllegalStateException(
          "debiased CKA needs at least %d samples, but %d were added".formatted(Score.FEWEST_SAMPLES, samples()));
    }
    MapMoments all = moments;
    List<String> layersA = all.roster().layersA();
    List<String> layersB = all.roster().layersB();
    List<Side> rows = IntStream.range(0, layersA.size())
        .mapToObj(i -> side("layer \"" + layersA.get(i) + "\" of a", all.roster().widthA(i), all.ofA().get(i), all.a().get(i))).toList();
    List<Side> columns = IntStream.range(0, layersB.size())
        .mapToObj(j -> side("layer \"" + layersB.get(j) + "\" of b", all.roster().widthB(j), all.ofB().get(j), all.b().get(j))).toList();
    Score[][] scores = new Score[rows.size()][columns.size()];
    for (int i = 0; i < rows.size(); i++) {
      for (int j = 0; j < columns.size(); j++) {
        PairSums cross = PairSums.of(sums(all.cross().get(i).get(j), all.a().get(i), all.b().get(j)));
        scores[i][j] = Scoring.of(rows.get(i), columns.get(j), cross, HsicEstimator.DEBIASED);
      }
    }
    return new CkaMatrix(layersA, layersB, scores, false);
  }

  private Side side(String label, int width, PairMoments own, LayerMoments layer) {
    HsicSums sums = sums(own, layer, layer);
    PairSums whole = PairSums.of(sums);
    return new Side(label, width, Kernel.linear().name(), Double.NaN, whole, whole.diagonalCovariance(), layer.squares() == 0,
        4 * sums.n() * Math.ulp(1.0) * sums.centered(), new double[0]);
  }

  private HsicSums sums(PairMoments pair, LayerMoments x, LayerMoments y) {
    return HsicSums.ofLinear(samples(), CrossedFeatures.sumOfSquares(pair.products()), pair.fourth(), x.squares(), y.squares());
  }

  @Override
  public byte[] toBytes() {
    try {
      AccumulatorState.Writer state = new AccumulatorState.Writer(false);
      state.integer(moments == null ? 0 : 1);
      if (moments != null) {
        moments.roster().write(state);
        for (List<LayerMoments> side : List.of(moments.a(), moments.b())) {
          for (LayerMoments layer : side) {
            state.doubles(layer.mean()).doubles(layer.squares());
          }
        }
        for (PairMoments pair : moments.pairs()) {
          state.doubles(HostFloats.doubles(pair.products())).doubles(pair.ofY()).doubles(pair.ofX()).doubles(pair.fourth());
        }
      }
      return state.bytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static LinearAccumulator read(AccumulatorState.Reader state) throws IOException {
    LinearAccumulator read = new LinearAccumulator();
    if (state.integer() == 0) {
      return read;
    }
    Roster roster = Roster.read(state);
    List<LayerMoments> a = readLayers(state, roster.layersA().size());
    List<LayerMoments> b = readLayers(state, roster.layersB().size());
    List<PairMoments> ofA = readPairs(state, a.size());
    List<PairMoments> ofB = readPairs(state, b.size());
    List<List<PairMoments>> cross = new ArrayList<>();
    for (int i = 0; i < a.size(); i++) {
      cross.add(readPairs(state, b.size()));
    }
    read.moments = new MapMoments(roster, a, b, ofA, ofB, cross);
    return read;
  }

  private static List<LayerMoments> readLayers(AccumulatorState.Reader state, int count) throws IOException {
    List<LayerMoments> layers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      layers.add(new LayerMoments(state.doubles(), state.doubles()[0]));
    }
    return layers;
  }

  private static List<PairMoments> readPairs(AccumulatorState.Reader state, int count) throws IOException {
    List<PairMoments> pairs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      double[] products = state.doubles();
      double[] ofY = state.doubles();
      double[] ofX = state.doubles();
      pairs.add(new PairMoments(HostFloats.array(products, ofX.length, ofY.length), ofY, ofX, state.doubles()[0]));
    }
    return pairs;
  }
}
