package io.modelweave.cka.neighbors;

/** What two lists of {@code k} different samples have in common. */
final class Overlap {

  private Overlap() {}

  static int shared(int[] a, int[] b) {
    int count = 0;
    for (int i : a) {
      for (int j : b) {
        count += i == j ? 1 : 0;
      }
    }
    return count;
  }

  static int longestCommonSubsequence(int[] a, int[] b) {
    int[] lengths = new int[b.length + 1];
    for (int i : a) {
      int diagonal = 0;
      for (int j = 1; j <= b.length; j++) {
        int above = lengths[j];
        lengths[j] = i == b[j - 1] ? diagonal + 1 : Math.max(above, lengths[j - 1]);
        diagonal = above;
      }
    }
    return lengths[b.length];
  }

  /** Returns the fewest insertions, deletions and substitutions that make one list the other. Source: Levenshtein 1966. */
  static int editDistance(int[] a, int[] b) {
    int[] costs = new int[b.length + 1];
    for (int j = 0; j <= b.length; j++) {
      costs[j] = j;
    }
    for (int i = 0; i < a.length; i++) {
      int diagonal = costs[0];
      costs[0] = i + 1;
      for (int j = 1; j <= b.length; j++) {
        int above = costs[j];
        int substituted = diagonal + (a[i] == b[j - 1] ? 0 : 1);
        costs[j] = Math.min(substituted, 1 + Math.min(above, costs[j - 1]));
        diagonal = above;
      }
    }
    return costs[b.length];
  }

  static double rankSimilarity(int[] a, int[] b) {
    double sum = 0;
    double most = 0;
    int shared = 0;
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < b.length; j++) {
        if (a[i] == b[j]) {
          sum += 2.0 / ((1 + Math.abs(i - j)) * (i + j + 2.0));
          shared++;
          most += 1.0 / shared;
        }
      }
    }
    return shared == 0 ? 0 : sum / most;
  }
}
