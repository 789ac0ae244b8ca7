package io.modelweave.cka;

import com.google.common.math.Quantiles;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Whole U-centred Gram matrices of two models, of norm 1, that are compared again in other orders of the samples of b. */
final class MaximumNull implements AutoCloseable {

  private final int n;
  private final INDArray pairsOfA;
  private final INDArray elementsOfB;

  /**
   * Makes the matrices of layers whose debiased HSIC with themselves is known and not 0.
   *
   * @param selfA that of each of a
   * @param selfB that of each of b
   */
  MaximumNull(List<LayerGram> a, double[] selfA, List<LayerGram> b, double[] selfB) {
    n = a.get(0).samples();
    int[] upper = upper(IntStream.range(0, n).toArray());
    try (INDArray elementsOfA = elements(a, selfA)) {
      pairsOfA = Nd4j.pullRows(elementsOfA, 1, upper);
    }
    elementsOfB = elements(b, selfB);
  }

  /** Returns the elements of each layer in a column, {@code [n n, layers]}. */
  private INDArray elements(List<LayerGram> layers, double[] self) {
    Tile all = new Tile(0, n);
    INDArray columns = Nd4j.createUninitialized(DataType.FLOAT, new long[] {(long) n * n, layers.size()}, 'c');
    for (int i = 0; i < layers.size(); i++) {
      try (TileStack whole = new TileStack(layers.get(i).type(), 1, n, n)) {
        whole.put(0, layers.get(i), all, all, whole);
        columns.getColumn(i).assign(whole.layer(0).muli(1 / Math.sqrt(self[i])).reshape((long) n * n));
      }
    }
    return columns;
  }

  /** Returns the places of the pairs {@code i < j} in a matrix whose rows and columns are put in another order. */
  private int[] upper(int[] order) {
    int[] places = new int[n * (n - 1) / 2];
    int next = 0;
    for (int i = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++) {
        places[next++] = order[i] * n + order[j];
      }
    }
    return places;
  }

  /** Returns the largest debiased value of the map for so many random orders. */
  double[] maxima(int permutations, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] maxima = new double[permutations];
    for (int k = 0; k < permutations; k++) {
      int[] places = upper(Sampling.permutation(n, random));
      try (INDArray pairsOfB = Nd4j.pullRows(elementsOfB, 1, places); INDArray values = pairsOfA.transpose().mmul(pairsOfB)) {
        maxima[k] = 2 * values.maxNumber().doubleValue();
      }
    }
    return maxima;
  }

  static MaximumTest test(LayerMatch best, double[] maxima, long seed) {
    long above = Arrays.stream(maxima).filter(maximum -> maximum >= best.score().debiased()).count();
    double mean = PairSums.sum(maxima) / maxima.length;
    return new MaximumTest(best, (1.0 + above) / (1.0 + maxima.length), mean, Quantiles.percentiles().index(95).compute(maxima),
        maxima.length, seed);
  }

  @Override
  public void close() {
    pairsOfA.close();
    elementsOfB.close();
  }
}
