package io.modelweave.cka;

/**
 * The sums over a pair of Gram matrices from which every HSIC estimate is made.
 *
 * @param centered {@code ⟨HKH, HLH⟩}
 * @param hollow {@code ⟨U(K), U(L)⟩}, the same for U-centred matrices, whose diagonals are 0
 * @param rows the part of {@code hollow} that is in row {@code i}
 */
record PairSums(double centered, double hollow, double[] rows) {

  static double sum(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum;
  }

  static double dot(double[] left, double[] right) {
    double sum = 0;
    for (int i = 0; i < left.length; i++) {
      sum += left[i] * right[i];
    }
    return sum;
  }
}
