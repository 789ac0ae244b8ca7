package io.modelweave.cka;

import static java.util.Objects.requireNonNull;

import io.modelweave.core.Activations;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Linear CKA from moments. A batch is an accumulator of its own that is merged. */
final class LinearAccumulator implements CkaAccumulator {

  private @Nullable Moments moments;

  /**
   * The moments of some samples.
   *
   * @param a one for each layer of a
   * @param b one for each layer of b
   * @param ofA of each layer of a with itself
   * @param ofB of each layer of b with itself
   * @param cross {@code [layer of a][layer of b]}
   */
  private record Moments(Roster roster, List<LayerMoments> a, List<LayerMoments> b, List<PairMoments> ofA, List<PairMoments> ofB,
      List<List<PairMoments>> cross) {

    void close() {
      ofA.forEach(PairMoments::close);
      ofB.forEach(PairMoments::close);
      cross.forEach(row -> row.forEach(PairMoments::close));
    }
  }

  @Override
  public void add(Activations a, Activations b) {
    Roster roster = Roster.ofBatch(a, b);
    if (moments != null) {
      moments.roster().requireNew(roster);
    }
    List<LayerMoments.Batch> open = new ArrayList<>();
    try {
      List<LayerMoments.Batch> left = batches(a, " of a", open);
      List<LayerMoments.Batch> right = batches(b, " of b", open);
      join(new Moments(roster, left.stream().map(LayerMoments.Batch::moments).toList(),
          right.stream().map(LayerMoments.Batch::moments).toList(),
          left.stream().map(x -> PairMoments.of(x, x)).toList(), right.stream().map(y -> PairMoments.of(y, y)).toList(),
          left.stream().map(x -> right.stream().map(y -> PairMoments.of(x, y)).toList()).toList()), true);
    } finally {
      open.forEach(LayerMoments.Batch::close);
    }
  }

  private static List<LayerMoments.Batch> batches(Activations activations, String owner, List<LayerMoments.Batch> open) {
    List<LayerMoments.Batch> batches = new ArrayList<>();
    for (String layer : activations.layers()) {
      batches.add(LayerMoments.Batch.of(activations.get(layer), "layer \"" + layer + "\"" + owner));
      open.add(batches.get(batches.size() - 1));
    }
    return batches;
  }

  @Override
  public void merge(CkaAccumulator other) {
    if (!(requireNonNull(other, "other") instanceof LinearAccumulator that)) {
      throw new IllegalArgumentException("cannot merge mini-batches into exact sums; use the same kind of accumulator on every worker");
    }
    if (that.moments == null) {
      return;
    }
    if (moments != null) {
      moments.roster().requireNew(that.moments.roster());
      join(that.moments, false);
    } else {
      // A copy: arrays of one accumulator must not be freed by another.
      moments = ((LinearAccumulator) CkaAccumulator.fromBytes(that.toBytes())).moments;
    }
  }

  private void join(Moments added, boolean owned) {
    Moments old = moments;
    if (old == null) {
      moments = added;
      return;
    }
    double n = old.roster().samples();
    double m = added.roster().samples();
    List<LayerMoments> a = joined(old.a(), added.a(), n, m);
    List<LayerMoments> b = joined(old.b(), added.b(), n, m);
    List<PairMoments> ofA = new ArrayList<>();
    for (int i = 0; i < a.size(); i++) {
      ofA.add(joined(old.ofA().get(i), added.ofA().get(i), n, m, old.a().get(i), old.a().get(i), added.a().get(i), added.a().get(i)));
    }
    List<PairMoments> ofB = new ArrayList<>();
    for (int j = 0; j < b.size(); j++) {
      ofB.add(joined(old.ofB().get(j), added.ofB().get(j), n, m, old.b().get(j), old.b().get(j), added.b().get(j), added.b().get(j)));
    }
    List<List<PairMoments>> cross = new ArrayList<>();
    for (int i = 0; i < a.size(); i++) {
      List<PairMoments> row = new ArrayList<>();
      for (int j = 0; j < b.size(); j++) {
        row.add(joined(old.cross().get(i).get(j), added.cross().get(i).get(j), n, m, old.a().get(i), old.b().get(j), added.a().get(i),
            added.b().get(j)));
      }
      cross.add(row);
    }
    old.roster().add(added.roster());
    moments = new Moments(old.roster(), a, b, ofA, ofB, cross);
    old.close();
    if (owned) {
      added.close();
    }
  }

  private static List<LayerMoments> joined(List<LayerMoments> left, List<LayerMoments> right, double n, double m) {
    List<LayerMoments> joined = new ArrayList<>();
    for (int i = 0; i < left.size(); i++) {
      joined.add(left.get(i).plus(right.get(i), n, m));
    }
    return joined;
  }

  private static PairMoments joined(PairMoments left, PairMoments right, double n, double m, LayerMoments leftX, LayerMoments leftY,
      LayerMoments rightX, LayerMoments rightY) {
    double[] x = leftX.jointMean(rightX, n, m);
    double[] y = leftY.jointMean(rightY, n, m);
    try (PairMoments first = left.shifted(n, LayerMoments.shift(leftX.mean(), x), LayerMoments.shift(leftY.mean(), y), leftX, leftY);
        PairMoments second = right.shifted(m, LayerMoments.shift(rightX.mean(), x), LayerMoments.shift(rightY.mean(), y), rightX, rightY)) {
      return first.plus(second);
    }
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
    Moments all = moments;
    List<String> layersA = all.roster().layersA();
    List<String> layersB = all.roster().layersB();
    Score[][] scores = new Score[layersA.size()][layersB.size()];
    for (int i = 0; i < scores.length; i++) {
      Side x = side("layer \"" + layersA.get(i) + "\" of a", all.roster().widthA(i), all.ofA().get(i), all.a().get(i));
      for (int j = 0; j < layersB.size(); j++) {
        Side y = side("layer \"" + layersB.get(j) + "\" of b", all.roster().widthB(j), all.ofB().get(j), all.b().get(j));
        PairSums cross = PairSums.of(sums(all.cross().get(i).get(j), all.a().get(i), all.b().get(j)));
        scores[i][j] = Scoring.of(x, y, cross, HsicEstimator.DEBIASED);
      }
    }
    return new CkaMatrix(layersA, layersB, scores, false);
  }

  private Side side(String label, int width, PairMoments own, LayerMoments layer) {
    HsicSums sums = sums(own, layer, layer);
    return new Side(label, width, Kernel.linear().name(), Double.NaN, PairSums.of(sums), layer.squares() == 0,
        4 * sums.n() * Math.ulp(1.0) * sums.centered(), new double[0]);
  }

  private HsicSums sums(PairMoments pair, LayerMoments x, LayerMoments y) {
    return HsicSums.ofLinear(samples(), FeatureSpace.sumOfSquares(pair.products()), pair.fourth(), x.squares(), y.squares());
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
        for (PairMoments pair : pairs(moments)) {
          try (INDArray ordered = pair.products().dup('c')) {
            state.doubles(ordered.data().asDouble()).doubles(pair.ofY()).doubles(pair.ofX()).doubles(pair.fourth());
          }
        }
      }
      return state.bytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<PairMoments> pairs(Moments moments) {
    List<PairMoments> pairs = new ArrayList<>(moments.ofA());
    pairs.addAll(moments.ofB());
    moments.cross().forEach(pairs::addAll);
    return pairs;
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
    read.moments = new Moments(roster, a, b, ofA, ofB, cross);
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
      INDArray array = Nd4j.createFromArray(products).reshape('c', ofX.length, ofY.length);
      pairs.add(new PairMoments(array, ofY, ofX, state.doubles()[0]));
    }
    return pairs;
  }
}
