package io.modelweave.merge.method;

/**
 * One walk over all elements of a group that gathers what a method must know before it can merge.
 *
 * <p>Chunks come in any order and from several threads. Sums of doubles are kept for each chunk apart and added in the order of the
 * chunks; counts are added in any order, which is exact.
 */
public interface Pass {

  /** Returns of how many consecutive chunks of the group it looks at the first; 1 for all. The others are not read. */
  default int every() {
    return 1;
  }

  /** Returns how many sums it gathers. */
  int sums();

  /** Returns how many counts it gathers. */
  int counts();

  /**
   * Adds what a chunk contributes.
   *
   * @param sums of this chunk alone, zeros at first
   * @param counts of this and other chunks; may be longer than {@link #counts}
   */
  void accumulate(Chunk chunk, double[] sums, long[] counts);

  /**
   * Takes the totals, after the last chunk.
   *
   * @param counts may be longer than {@link #counts}, and is used again after the call
   */
  void complete(double[] sums, long[] counts);
}
