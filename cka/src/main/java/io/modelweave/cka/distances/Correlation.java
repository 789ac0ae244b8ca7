package io.modelweave.cka.distances;

import java.util.Arrays;

/** How well two lists of distances agree; in [-1, 1]. */
public enum Correlation {
  /** The correlation of the distances themselves. */
  PEARSON {
    @Override
    double of(double[] a, double[] b) {
      return pearson(a, b);
    }
  },
  /** The correlation of their ranks; equal distances share the average of their ranks. */
  SPEARMAN {
    @Override
    double of(double[] a, double[] b) {
      return pearson(averageRanks(a), averageRanks(b));
    }
  },
  /**
   * Kendall's τ-b: {@code (concordant - discordant) / √((pairs - ties_a)(pairs - ties_b))}. Source: Kendall 1945; computed in
   * O(m log m) for m distances after Knight 1966.
   */
  KENDALL {
    @Override
    double of(double[] a, double[] b) {
      return kendall(a, b);
    }
  };

  abstract double of(double[] a, double[] b);

  private static double pearson(double[] a, double[] b) {
    double[] left = centered(a);
    double[] right = centered(b);
    return dot(left, right) / Math.sqrt(dot(left, left) * dot(right, right));
  }

  private static double[] centered(double[] values) {
    double mean = Arrays.stream(values).sum() / values.length;
    return Arrays.stream(values).map(v -> v - mean).toArray();
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static double[] averageRanks(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double[] ranks = new double[values.length];
    double[] rankAt = new double[values.length];
    for (int from = 0; from < sorted.length; ) {
      int to = from;
      while (to < sorted.length && sorted[to] == sorted[from]) {
        to++;
      }
      Arrays.fill(rankAt, from, to, (from + to + 1) / 2.0);
      from = to;
    }
    for (int i = 0; i < values.length; i++) {
      ranks[i] = rankAt[Arrays.binarySearch(sorted, values[i])];
    }
    return ranks;
  }

  private static double kendall(double[] a, double[] b) {
    int m = a.length;
    long[] points = new long[m];
    int[] ranksOfA = denseRanks(a);
    int[] ranksOfB = denseRanks(b);
    for (int i = 0; i < m; i++) {
      points[i] = (long) ranksOfA[i] << 32 | ranksOfB[i];
    }
    Arrays.sort(points);
    int[] inOrderOfA = Arrays.stream(points).mapToInt(point -> (int) point).toArray();
    double pairs = 0.5 * m * (m - 1.0);
    double tiedInBoth = tied(points);
    double tiedInA = tied(Arrays.stream(points).map(point -> point >>> 32).toArray());
    double discordant = inversions(inOrderOfA, new int[m], 0, m);
    // Sorted by now.
    double tiedInB = tied(Arrays.stream(inOrderOfA).asLongStream().toArray());
    double concordant = pairs - tiedInA - tiedInB + tiedInBoth - discordant;
    return (concordant - discordant) / Math.sqrt((pairs - tiedInA) * (pairs - tiedInB));
  }

  private static int[] denseRanks(double[] values) {
    double[] distinct = Arrays.stream(values).sorted().distinct().toArray();
    return Arrays.stream(values).mapToInt(v -> Arrays.binarySearch(distinct, v)).toArray();
  }

  /** Returns the number of pairs of equal values in a sorted list. */
  private static double tied(long[] sorted) {
    double pairs = 0;
    int equal = 0;
    for (int i = 1; i < sorted.length; i++) {
      equal = sorted[i] == sorted[i - 1] ? equal + 1 : 0;
      pairs += equal;
    }
    return pairs;
  }

  /** Sorts a part of the values, counting the pairs that were strictly in descending order. */
  private static double inversions(int[] values, int[] spare, int from, int to) {
    if (to - from < 2) {
      return 0;
    }
    int middle = (from + to) >>> 1;
    double count = inversions(values, spare, from, middle) + inversions(values, spare, middle, to);
    int left = from;
    int right = middle;
    for (int at = from; at < to; at++) {
      if (right == to || left < middle && values[left] <= values[right]) {
        spare[at] = values[left++];
      } else {
        spare[at] = values[right++];
        count += middle - left;
      }
    }
    System.arraycopy(spare, from, values, from, to - from);
    return count;
  }
}
