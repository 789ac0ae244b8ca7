package io.modelweave.cka;

import io.modelweave.core.BatchWorkers;
import java.util.ArrayList;
import java.util.List;

/** Sums over pairs of linear Gram matrices {@code X Xᵀ} by products of features: {@code [p, q]} arrays, none of {@code [n, n]}. */
final class FeatureSpace {

  private FeatureSpace() {}

  /**
   * Returns the sums of every layer of a with every one of b, which may be the same list; pairs are shared out to workers.
   *
   * @param leftOut the samples without which the sums are wanted
   */
  static SumsTable of(List<LayerGram> a, List<LayerGram> b, int[] leftOut, BatchWorkers workers) {
    PairSums[] ofA = new PairSums[a.size()];
    PairSums[] ofB = a == b ? ofA : new PairSums[b.size()];
    PairSums[][] cross = new PairSums[a.size()][b.size()];
    List<CrossedFeatures> pairs = new ArrayList<>();
    // Alone, a thread takes the sums of a layer with itself along where it reads the layer anyway; several share them out.
    boolean along = a != b && workers.threads() == 1;
    for (int i = 0; i < a.size(); i++) {
      for (int j = a == b ? i + 1 : 0; j < b.size(); j++) {
        CrossedFeatures pair = new CrossedFeatures(a.get(i), b.get(j), leftOut);
        pairs.add(pair);
        int row = i;
        int column = j;
        pair.cross(sums -> cross[row][column] = sums);
        if (along && j == 0) {
          pair.ofLeft(sums -> ofA[row] = sums);
        }
        if (along && i == 0) {
          pair.ofRight(sums -> ofB[column] = sums);
        }
      }
    }
    if (!along) {
      addOwn(a, ofA, leftOut, pairs);
      if (a != b) {
        addOwn(b, ofB, leftOut, pairs);
      }
    }
    workers.forEach(pairs, pair -> {
      pair.compute();
      return pair;
    }, done -> { });
    for (int i = 0; a == b && i < a.size(); i++) {
      cross[i][i] = ofA[i];
      for (int j = 0; j < i; j++) {
        cross[i][j] = cross[j][i].transposed();
      }
    }
    return new SumsTable(ofA, ofB, cross);
  }

  private static void addOwn(List<LayerGram> layers, PairSums[] sums, int[] leftOut, List<CrossedFeatures> pairs) {
    for (int i = 0; i < sums.length; i++) {
      int layer = i;
      pairs.add(new CrossedFeatures(layers.get(i), layers.get(i), leftOut).ofLeft(own -> sums[layer] = own));
    }
  }
}
