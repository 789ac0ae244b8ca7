package io.modelweave.cka;

/** What a batch of {@code n} samples weighs in {@link CkaAccumulator#miniBatches}. */
public enum BatchWeight {

  /** {@code n(n-3)}: by the number of pairs that it compares, as of Nguyen et al. 2021. */
  PAIRS {
    @Override
    double of(int n) {
      return n * (n - 3.0);
    }
  },

  /** 1: what most tools do; a short last batch counts for as much as the others. */
  EQUAL {
    @Override
    double of(int n) {
      return 1;
    }
  };

  abstract double of(int n);
}
