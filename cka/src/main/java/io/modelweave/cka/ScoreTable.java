package io.modelweave.cka;

import io.modelweave.cka.kernels.LinearKernel;
import java.util.List;
import java.util.stream.IntStream;

/** The scores of a whole map, from its inputs. */
final class ScoreTable {

  /** What one element of a Gram matrix costs in a comparison, in operations of a large product: it is bound by memory. */
  private static final double ELEMENT_COST = 16;

  private ScoreTable() {}

  /** Returns the scores {@code [row][column]}. */
  static Score[][] of(Kernel kernel, Settings settings, Inputs inputs) {
    boolean ofFeatures = inFeatureSpace(kernel, settings, inputs);
    try (OpenLayers open = OpenLayers.of(kernel, settings, inputs, ofFeatures)) {
      List<LayerGram> a = open.a();
      List<LayerGram> b = inputs.withinOneModel() ? a : open.b();
      SumsTable sums = ofFeatures ? FeatureSpace.of(a, b, settings.leftOut(inputs.samples()), settings.workers())
          : open.sums(settings.estimator());
      List<Side> rows = sides(a, sums.ofA(), settings.estimator(), ofFeatures);
      List<Side> columns = a == b ? rows : sides(b, sums.ofB(), settings.estimator(), ofFeatures);
      return scores(rows, columns, sums, settings, a == b);
    }
  }

  /** Returns the largest debiased value of a map with its null distribution. */
  static MaximumTest maximum(Kernel kernel, Settings settings, Inputs inputs, List<String> layersA, List<String> layersB,
      int permutations, long seed) {
    try (OpenLayers open = OpenLayers.of(kernel, settings, inputs, false)) {
      List<LayerGram> a = open.a();
      List<LayerGram> b = open.b();
      SumsTable sums = open.sums(HsicEstimator.DEBIASED);
      Settings debiased = settings.estimator(HsicEstimator.DEBIASED);
      List<Side> rows = sides(a, sums.ofA(), debiased.estimator(), false);
      List<Side> columns = sides(b, sums.ofB(), debiased.estimator(), false);
      LayerMatch best = new CkaMatrix(layersA, layersB, scores(rows, columns, sums, debiased, false), false).maximum()
          .orElseThrow(() -> new IllegalArgumentException("no pair of layers has a debiased value: all of a model are constant"));
      int[] keptA = defined(rows);
      int[] keptB = defined(columns);
      try (MaximumNull chance = new MaximumNull(kept(a, keptA), self(rows, keptA), kept(b, keptB), self(columns, keptB))) {
        return MaximumNull.test(best, chance.maxima(permutations, seed), seed);
      }
    }
  }

  private static int[] defined(List<Side> sides) {
    return IntStream.range(0, sides.size())
        .filter(i -> !sides.get(i).constant() && sides.get(i).resolves(HsicEstimator.DEBIASED, sides.get(i).whole())).toArray();
  }

  private static List<LayerGram> kept(List<LayerGram> layers, int[] indices) {
    return IntStream.of(indices).mapToObj(layers::get).toList();
  }

  private static double[] self(List<Side> sides, int[] indices) {
    return IntStream.of(indices).mapToDouble(i -> sides.get(i).whole().unbiased()).toArray();
  }

  private static Score[][] scores(List<Side> rows, List<Side> columns, SumsTable sums, Settings settings, boolean withinOneModel) {
    Score[][] scores = new Score[rows.size()][columns.size()];
    Shares.forEach(settings.workers(), rows.size(), i -> {
      for (int j = withinOneModel ? i : 0; j < columns.size(); j++) {
        scores[i][j] = Scoring.of(rows.get(i), columns.get(j), sums.cross()[i][j], settings.estimator());
      }
    });
    for (int i = 0; withinOneModel && i < rows.size(); i++) {
      for (int j = 0; j < i; j++) {
        scores[i][j] = scores[j][i].transposed();
      }
    }
    return scores;
  }

  private static List<Side> sides(List<LayerGram> layers, PairSums[] own, HsicEstimator estimator, boolean ofFeatures) {
    return IntStream.range(0, own.length).mapToObj(i -> ofFeatures ? Side.inFeatureSpace(layers.get(i), own[i], estimator)
        : Side.inGramSpace(layers.get(i), own[i], estimator)).toList();
  }

  private static boolean inFeatureSpace(Kernel kernel, Settings settings, Inputs inputs) {
    return settings.computation() == Computation.FEATURE_SPACE
        || settings.computation() == Computation.CHEAPEST && kernel instanceof LinearKernel && featuresAreCheaper(settings, inputs);
  }

  private static boolean featuresAreCheaper(Settings settings, Inputs inputs) {
    double n = inputs.samples();
    double leftOut = settings.leftOut(inputs.samples()).length;
    double columns = 0;
    double ofOne = 0;
    for (List<Inputs.Named> side : inputs.withinOneModel() ? List.of(inputs.a()) : List.of(inputs.a(), inputs.b())) {
      for (Inputs.Named layer : side) {
        double d = layer.width();
        columns += d;
        ofOne += d * d;
      }
    }
    double pairs = 0;
    for (Inputs.Named left : inputs.a()) {
      for (Inputs.Named right : inputs.b()) {
        pairs += (double) left.width() * right.width();
      }
    }
    // Within one model half the pairs are of a layer with itself or known from their twins.
    double ofTwo = inputs.withinOneModel() ? (pairs - ofOne) / 2 : pairs;
    double features = n * (ofOne + 2 * ofTwo) + 2 * leftOut * (ofOne + ofTwo);
    double grams = n * n * columns + ELEMENT_COST * n * n * inputs.a().size() * inputs.b().size();
    return features < grams;
  }
}
