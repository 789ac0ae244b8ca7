package io.modelweave.cka.neighbors;

import io.modelweave.cka.Similarity;
import io.modelweave.cka.Traits;
import io.modelweave.cka.measure.Measure;
import java.util.Locale;

/**
 * Measures of how far the lists of the {@code k} nearest neighbours of each sample agree, averaged over the samples.
 *
 * <p>Each costs {@code 2n²(p + q)} flops, and {@code O(nk²)} beyond. The lists are in order and do not contain the sample itself;
 * equally near samples are ordered by index. All need more than {@code k} samples and are trivially perfect, or nearly, for
 * {@code k = n - 1}. Names have the proximity as a suffix where it is not the one of the source: {@code mutual-knn-cosine}.
 */
public final class Neighborhoods {

  private static final String PLATONIC = "Huh, Cheung, Wang and Isola 2024, arXiv 2405.07987";

  private Neighborhoods() {}

  /**
   * Returns the mean share of neighbours that both sides have in common, named {@code mutual-knn}; {@code k/(n-1)} by chance.
   * The source normalises rows first, which makes its proximity the cosine.
   */
  public static Similarity mutual(int k, Proximity proximity) {
    return overlap("mutual-knn", PLATONIC, k, proximity, Proximity.INNER_PRODUCT, 1,
        (i, x, y) -> Overlap.shared(x.of(i), y.of(i)) / (double) k);
  }

  /**
   * Returns the share of samples {@code i} that are a neighbour, on side x, of some neighbour {@code j} of {@code i} on side y, named
   * {@code cycle-knn}. It is near 1 already for moderate {@code k}, and not always 1 for identical sides.
   */
  public static Similarity cycle(int k, Proximity proximity) {
    Traits traits = Traits.similarity(0, 1, proximity.invariances()).directed();
    return measure("cycle-knn", PLATONIC, traits, k, proximity, Proximity.INNER_PRODUCT, (i, x, y) -> {
      for (int j : y.of(i)) {
        if (x.place(j, i) >= 0) {
          return 1;
        }
      }
      return 0;
    });
  }

  /** Returns the mean length of the longest common subsequence of the two lists, in {@code [0, k]}, named {@code lcs-knn}. */
  public static Similarity longestCommonSubsequence(int k, Proximity proximity) {
    return overlap("lcs-knn", PLATONIC, k, proximity, Proximity.INNER_PRODUCT, NeighborLists.requirePositive(k),
        (i, x, y) -> Overlap.longestCommonSubsequence(x.of(i), y.of(i)));
  }

  /** Returns one minus the mean Levenshtein distance of the two lists over {@code k}, named {@code edit-knn}. */
  public static Similarity edit(int k, Proximity proximity) {
    return overlap("edit-knn", PLATONIC, k, proximity, Proximity.INNER_PRODUCT, 1,
        (i, x, y) -> 1 - Overlap.editDistance(x.of(i), y.of(i)) / (double) k);
  }

  /** Returns the mean of {@code |A ∩ B| / |A ∪ B|} for the two sets of neighbours, named {@code jaccard-knn}. */
  public static Similarity jaccard(int k, Proximity proximity) {
    return overlap("jaccard-knn", "Schumacher et al. 2020, arXiv 2005.10039", k, proximity, Proximity.COSINE, 1, (i, x, y) -> {
      int shared = Overlap.shared(x.of(i), y.of(i));
      return shared / (2.0 * k - shared);
    });
  }

  /**
   * Returns how alike the ranks of the shared neighbours are, named {@code rank-knn}: the mean of
   * {@code Σ 2 / ((1 + |r - r'|)(r + r')) / Σ_{m ≤ |A ∩ B|} 1/m}, with ranks {@code r} and {@code r'} from 1; 0 without shared ones.
   */
  public static Similarity rank(int k, Proximity proximity) {
    return overlap("rank-knn", "Wang et al. 2022, IEEE TKDE 34(2)", k, proximity, Proximity.COSINE, 1,
        (i, x, y) -> Overlap.rankSimilarity(x.of(i), y.of(i)));
  }

  /**
   * Returns the mean cosine of the two vectors of cosine distances from a sample to the neighbours that it has on either side, in
   * {@code [0, 1]}, named {@code second-order-knn}. Source: Klabunde et al. 2024 (arXiv 2408.00531), whose code differs in this
   * from {@link #secondOrderOfCosines}.
   */
  public static Similarity secondOrder(int k) {
    return new Measure("second-order-knn", "Klabunde et al. 2024, arXiv 2408.00531, the code", Traits.similarity(0, 1,
        Proximity.COSINE.invariances()), NeighborLists.requirePositive(k) + 1, new SecondOrderSimilarity(k, true)::valueOf);
  }

  /**
   * Returns the same of vectors of cosines, in {@code [-1, 1]}, named {@code second-order-knn-of-cosines}. Source: Hamilton,
   * Leskovec and Jurafsky 2016 (arXiv 1606.02821).
   */
  public static Similarity secondOrderOfCosines(int k) {
    return new Measure("second-order-knn-of-cosines", "Hamilton, Leskovec and Jurafsky 2016, arXiv 1606.02821", Traits.similarity(-1, 1,
        Proximity.COSINE.invariances()), NeighborLists.requirePositive(k) + 1, new SecondOrderSimilarity(k, false)::valueOf);
  }

  /** What one sample adds to the mean. */
  private interface Term {
    double of(int i, NeighborLists x, NeighborLists y);
  }

  private static Similarity overlap(
      String name, String citation, int k, Proximity proximity, Proximity usual, double highest, Term term) {
    return measure(name, citation, Traits.similarity(0, highest, proximity.invariances()), k, proximity, usual, term);
  }

  private static Similarity measure(
      String name, String citation, Traits traits, int k, Proximity proximity, Proximity usual, Term term) {
    NeighborLists.requirePositive(k);
    return new Measure(named(name, proximity, usual), citation, traits, k + 1, (pair, warn) -> {
      NeighborLists x = NeighborLists.of(pair.x(), proximity, k, warn);
      NeighborLists y = NeighborLists.of(pair.y(), proximity, k, warn);
      if (x == null || y == null) {
        return Double.NaN;
      }
      double sum = 0;
      for (int i = 0; i < x.samples(); i++) {
        sum += term.of(i, x, y);
      }
      return sum / x.samples();
    });
  }

  private static String named(String name, Proximity proximity, Proximity usual) {
    return proximity == usual ? name : name + "-" + proximity.name().replace('_', '-').toLowerCase(Locale.ROOT);
  }
}
