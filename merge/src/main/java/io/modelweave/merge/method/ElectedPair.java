package io.modelweave.merge.method;

/**
 * Two task vectors, trimmed by magnitude and elected by sign, merged in two walks: the first finds which of the two are kept at each
 * position, the second has the factors of the four outcomes prepared. {@link TaskVectorMerge}, whose result this is bit for bit where the
 * base is a number, walks a dozen times, and what it divides by and multiplies with are arrays. For task vectors of floats: products of two
 * votes must not vanish.
 */
final class ElectedPair {

  /** Elements of a walk, so few that what the first leaves is in the nearest cache for the second. */
  private static final int BLOCK = 1024;
  private static final int OUTCOMES = 4;

  /** Elects plus where votes cancel, and is lost in the rounding of any others: it is far less than the vote of any float. */
  private static final double NO_VOTE = 0x1p-500;

  private final long[] least;
  private final double[] voices;
  private final double noVote;
  private final double scale;
  private final double[] factorsOfA = new double[OUTCOMES];
  private final double[] factorsOfB = new double[OUTCOMES];
  private final double[] divisors = new double[OUTCOMES];
  private final double[] shares = new double[OUTCOMES];

  /**
   * Prepares the outcomes.
   *
   * @param least for each model, of which bits of a magnitude on an entry is kept
   * @param weights of the models
   * @param weighted whether votes are weighted and a sum of 0 elects plus; then no weight may be tiny
   */
  ElectedPair(long[] least, double[] weights, boolean weighted, boolean normalize, double scale) {
    this.least = new long[] {Math.max(1, least[0]), Math.max(1, least[1])}; // a zero has no sign to agree with
    this.voices = weighted ? weights : new double[] {1, 1};
    this.noVote = weighted ? NO_VOTE : 0;
    this.scale = scale;
    for (int outcome = 0; outcome < OUTCOMES; outcome++) {
      factorsOfA[outcome] = weights[0] * (outcome & 1);
      factorsOfB[outcome] = weights[1] * (outcome >>> 1);
      double kept = 0 + factorsOfA[outcome] + factorsOfB[outcome];
      divisors[outcome] = TaskVectorMerge.divisor(normalize ? kept : 1);
      shares[outcome] = 1 - scale * (kept / divisors[outcome]);
    }
  }

  /** Merges a chunk. */
  void merge(Chunk chunk, double[] out) {
    for (int from = 0; from < chunk.length(); from += BLOCK) {
      int length = Math.min(BLOCK, chunk.length() - from);
      elect(chunk.delta(0), chunk.delta(1), from, length, out);
      combine(chunk.model(0), chunk.model(1), chunk.base(), from, length, out);
    }
  }

  /**
   * Leaves outcomes where the results will be, as bits of doubles. Without a branch, because no processor can guess a random mask: a
   * dropped entry sets 64 bits, an elected one the sign of {@code 0 - vote · votes}, which no zero has.
   */
  private void elect(double[] a, double[] b, int from, int length, double[] out) {
    long leastOfA = least[0];
    long leastOfB = least[1];
    double voiceOfA = voices[0];
    double voiceOfB = voices[1];
    for (int j = 0; j < length; j++) {
      long bitsOfA = Double.doubleToRawLongBits(a[from + j]);
      long bitsOfB = Double.doubleToRawLongBits(b[from + j]);
      long droppedA = (bitsOfA & Long.MAX_VALUE) - leastOfA >> 63;
      long droppedB = (bitsOfB & Long.MAX_VALUE) - leastOfB >> 63;
      double voteOfA = voiceOfA * Double.longBitsToDouble(bitsOfA & ~droppedA);
      double voteOfB = voiceOfB * Double.longBitsToDouble(bitsOfB & ~droppedB);
      double votes = noVote + voteOfA + voteOfB;
      long electedA = Double.doubleToRawLongBits(0.0 - voteOfA * votes) >>> 63;
      long electedB = Double.doubleToRawLongBits(0.0 - voteOfB * votes) >>> 63;
      out[from + j] = Double.longBitsToDouble(electedA | electedB << 1);
    }
  }

  private void combine(double[] a, double[] b, double[] base, int from, int length, double[] out) {
    for (int j = 0; j < length; j++) {
      int outcome = (int) Double.doubleToRawLongBits(out[from + j]);
      double sum = factorsOfA[outcome] * a[from + j] + factorsOfB[outcome] * b[from + j];
      out[from + j] = TaskVectorMerge.combine(base[from + j], shares[outcome], scale * (sum / divisors[outcome]));
    }
  }
}
