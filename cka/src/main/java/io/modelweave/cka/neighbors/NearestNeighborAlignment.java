package io.modelweave.cka.neighbors;

import io.modelweave.cka.Invariance;
import io.modelweave.cka.Similarity;
import io.modelweave.cka.Traits;
import io.modelweave.cka.measure.FeaturePair;
import io.modelweave.cka.measure.Measure;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Centred kernel nearest-neighbour alignment (CKNNA): CKA of Gram matrices of which only the entries of near neighbours are kept.
 *
 * <p>{@code S(K, L) / √(S(K, K) S(L, L))}, where {@code K = X Xᵀ} and {@code L = Y Yᵀ} are not centred, {@code S} is the unbiased
 * HSIC of Song et al. 2012, and a pair {@code (i, j)} is kept if {@code j} is among the {@code k} largest inner products of row
 * {@code i} of all matrices that are meant. Works on the {@code nk} kept entries; finding them costs {@code 2n²(p + q)} flops.
 *
 * <p>Source: Huh, Cheung, Wang and Isola 2024 (arXiv 2405.07987).
 */
public final class NearestNeighborAlignment {

  private static final String CITATION = "Huh, Cheung, Wang and Isola 2024, arXiv 2405.07987";

  /** What rounding leaves of a self alignment that is 0. */
  private static final double NEGLIGIBLE = 1e-12;

  private NearestNeighborAlignment() {}

  /**
   * Returns CKNNA as the authors' code computes it, named {@code cknna}, to compare with published numbers.
   *
   * <p>The kept entries are not symmetric, so that the value depends on which side is x, may lie outside [-1, 1], and is undefined if a
   * self term is not positive; {@code 1e-6} is added to the denominator, so that it depends on the scale of the features and is below 1
   * for identical sides.
   *
   * @param k the number of neighbours
   */
  public static Similarity platonic(int k) {
    Traits traits = new Traits(true, false, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY,
        Set.of(Invariance.ORTHOGONAL));
    return measure("cknna", CITATION + ", as in the authors' code", traits, k, false, 1e-6);
  }

  /**
   * Returns CKNNA of entries that are kept only if {@code i} is also near to {@code j}, and without the {@code 1e-6}, named
   * {@code cknna-symmetric}: symmetric, independent of scale, and 1 for identical sides.
   *
   * <p>It is undefined if no two samples of a side are near to each other, or only in a way that HSIC does not see.
   *
   * @param k the number of neighbours
   */
  public static Similarity symmetric(int k) {
    Traits traits = new Traits(true, true, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY,
        Set.of(Invariance.ORTHOGONAL, Invariance.ISOTROPIC_SCALING));
    return measure("cknna-symmetric", CITATION + ", kept entries made symmetric", traits, k, true, 0);
  }

  private static Similarity measure(String name, String citation, Traits traits, int k, boolean symmetric, double epsilon) {
    int fewest = Math.max(NeighborLists.requirePositive(k) + 1, 4);
    return new Measure(name, citation, traits, fewest, (pair, warn) -> alignment(pair, k, symmetric, epsilon, warn));
  }

  private static double alignment(FeaturePair pair, int k, boolean symmetric, double epsilon, Consumer<String> warn) {
    NeighborLists x = NeighborLists.of(pair.x(), Proximity.INNER_PRODUCT, k, warn);
    NeighborLists y = NeighborLists.of(pair.y(), Proximity.INNER_PRODUCT, k, warn);
    if (x == null || y == null) {
      return Double.NaN;
    }
    double xx = song(x, x, symmetric);
    double yy = song(y, y, symmetric);
    boolean alignsX = xx > NEGLIGIBLE * meanSquare(x);
    boolean alignsY = yy > NEGLIGIBLE * meanSquare(y);
    if (!alignsX || !alignsY) {
      warn.accept("%s does not align with itself: CKNNA of %d neighbours is undefined; use more"
          .formatted(alignsX ? pair.y().label() : pair.x().label(), k));
      return Double.NaN;
    }
    // In the unit of the products, which only an epsilon can tell from another.
    double denominator = Math.sqrt(xx) * Math.sqrt(yy) + Math.scalb(epsilon, -x.exponent() - y.exponent());
    return song(x, y, symmetric) / denominator;
  }

  /** Returns the mean square of all {@code n²} entries, the size of what a self alignment is the remainder of. */
  private static double meanSquare(NeighborLists lists) {
    double sum = 0;
    for (int i = 0; i < lists.samples(); i++) {
      for (double proximity : lists.proximities(i)) {
        sum += proximity * proximity;
      }
    }
    return sum / lists.samples() / lists.samples();
  }

  /** Returns the estimate of Song et al. 2012, eq. 5, for matrices that need not be symmetric. */
  private static double song(NeighborLists x, NeighborLists y, boolean symmetric) {
    int n = x.samples();
    double[] columnsOfX = new double[n];
    double[] rowsOfY = new double[n];
    double products = 0;
    double totalOfX = 0;
    double totalOfY = 0;
    for (int i = 0; i < n; i++) {
      for (int place = 0; place < x.k(); place++) {
        int j = x.of(i)[place];
        int inY = y.place(i, j);
        if (inY < 0) {
          continue;
        }
        int back = x.place(j, i);
        int backInY = y.place(j, i);
        boolean mutual = back >= 0 && backInY >= 0;
        if (symmetric && !mutual) {
          continue;
        }
        double ofX = x.proximities(i)[place];
        double ofY = y.proximities(i)[inY];
        columnsOfX[j] += ofX;
        rowsOfY[i] += ofY;
        totalOfX += ofX;
        totalOfY += ofY;
        products += mutual ? ofX * y.proximities(j)[backInY] : 0;
      }
    }
    double rows = 0;
    for (int i = 0; i < n; i++) {
      rows += columnsOfX[i] * rowsOfY[i];
    }
    return (products + totalOfX * totalOfY / ((n - 1.0) * (n - 2.0)) - 2 * rows / (n - 2.0)) / (n * (n - 3.0));
  }
}
