package io.modelweave.cka;

import io.modelweave.core.BatchWorkers;
import java.util.ArrayList;
import java.util.List;

/**
 * The moments of some samples of every layer of two models, and of their pairs.
 *
 * @param a one for each layer of a, replaced as samples come
 * @param b one for each layer of b
 * @param ofA of each layer of a with itself, which samples are added to in place
 * @param ofB of each layer of b with itself
 * @param cross {@code [layer of a][layer of b]}
 */
record MapMoments(Roster roster, List<LayerMoments> a, List<LayerMoments> b, List<PairMoments> ofA, List<PairMoments> ofB,
    List<List<PairMoments>> cross) {

  /** A layer of a or b. */
  record Place(boolean ofA, int index) {

    /** Returns what belongs to the layer in lists of what belongs to those of a and b. */
    <T> T in(List<T> a, List<T> b) {
      return (ofA ? a : b).get(index);
    }
  }

  private record Pair(PairMoments moments, Place x, Place y) {}

  /** What is done to the moments of two layers. */
  interface Use {

    void accept(PairMoments pair, Place x, Place y);
  }

  /** Returns the moments of no samples for the layers of a batch. */
  static MapMoments none(Roster batch) {
    List<Integer> p = batch.widthsA();
    List<Integer> q = batch.widthsB();
    return new MapMoments(batch.withoutSamples(), new ArrayList<>(p.stream().map(LayerMoments::none).toList()),
        new ArrayList<>(q.stream().map(LayerMoments::none).toList()), p.stream().map(width -> PairMoments.none(width, width)).toList(),
        q.stream().map(width -> PairMoments.none(width, width)).toList(),
        p.stream().map(left -> q.stream().map(right -> PairMoments.none(left, right)).toList()).toList());
  }

  /** Passes on each layer with itself and each of a with each of b. */
  void forEachPair(Use use) {
    for (int i = 0; i < a.size(); i++) {
      use.accept(ofA.get(i), new Place(true, i), new Place(true, i));
    }
    for (int j = 0; j < b.size(); j++) {
      use.accept(ofB.get(j), new Place(false, j), new Place(false, j));
    }
    for (int i = 0; i < a.size(); i++) {
      for (int j = 0; j < b.size(); j++) {
        use.accept(cross.get(i).get(j), new Place(true, i), new Place(false, j));
      }
    }
  }

  /** Passes on the same pairs, several at once: each on one thread. */
  void forEachPair(BatchWorkers workers, Use use) {
    List<Pair> pairs = new ArrayList<>();
    forEachPair((moments, x, y) -> pairs.add(new Pair(moments, x, y)));
    Shares.forEach(workers, pairs.size(), i -> use.accept(pairs.get(i).moments(), pairs.get(i).x(), pairs.get(i).y()));
  }

  /** Returns the moments of all pairs, in the order of {@link #forEachPair}. */
  List<PairMoments> pairs() {
    List<PairMoments> pairs = new ArrayList<>();
    forEachPair((pair, x, y) -> pairs.add(pair));
    return pairs;
  }
}
