package io.modelweave.merge.method;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * What lies between two magnitudes: every number of a group there is noted, chunk by chunk, and what is above is counted. Magnitudes are
 * told apart as floats.
 */
final class Bracket {

  /** A chunk notes at most one element of so many. */
  private static final int SHARE = 16;
  /** Bits of a number that one walk over what is noted decides. */
  private static final int WIDTH = 11;

  /**
   * A number that has been found.
   *
   * @param larger how many in the group are larger
   * @param equals how many in each chunk are equal to it, itself included
   */
  record Cut(int key, long larger, long[] equals) {}

  private final int lowest;
  private final int highest;
  private final boolean whole;
  private final long[] above;
  private final long[] inside;
  private final int[][] noted;
  private final AtomicInteger room;

  /**
   * Creates an empty bracket.
   *
   * @param lowest least {@link TopSelection#narrowKey} that is in it
   * @param highest largest that is in it
   * @param chunks of the group
   * @param whole whether a chunk may note all it has
   * @param most elements that all chunks together may note
   */
  Bracket(int lowest, int highest, int chunks, boolean whole, int most) {
    this.lowest = lowest;
    this.highest = highest;
    this.whole = whole;
    this.above = new long[chunks];
    this.inside = new long[chunks];
    this.noted = new int[chunks][0];
    this.room = new AtomicInteger(most);
  }

  /**
   * Takes note of a chunk.
   *
   * @param found written to, as long as the chunk
   */
  void note(Chunk chunk, double[] values, double[] found) {
    long begin = TopSelection.wideKey(lowest);
    long end = highest == Integer.MAX_VALUE ? Long.MAX_VALUE : TopSelection.wideKey(highest + 1) - 1;
    int count = find(values, chunk.length(), begin, end, found, chunk.ordinal());
    inside[chunk.ordinal()] = count;
    if (lowest < highest && (whole || count <= chunk.length() / SHARE) && take(count)) {
      noted[chunk.ordinal()] = keys(found, count);
    }
  }

  /** Which chunks come too late depends on the threads; that some do, and with it all that follows, does not. */
  private boolean take(int count) {
    return room.getAndUpdate(left -> Math.max(-1, left - count)) >= count;
  }

  /**
   * Returns how many are between, and counts what is above. One comparison, without sign, finds what is between: it holds so seldom that a
   * processor guesses right.
   */
  private int find(double[] values, int length, long begin, long end, double[] found, int ordinal) {
    long width = end - begin;
    long larger = 0;
    int count = 0;
    for (int j = 0; j < length; j++) {
      long distance = (Double.doubleToRawLongBits(values[j]) & Long.MAX_VALUE) - begin;
      larger += width - distance >>> 63;
      if (distance + Long.MIN_VALUE <= width + Long.MIN_VALUE) {
        found[count++] = values[j];
      }
    }
    above[ordinal] = larger;
    return count;
  }

  private static int[] keys(double[] found, int count) {
    int[] keys = new int[count];
    for (int i = 0; i < count; i++) {
      keys[i] = TopSelection.narrowKey(found[i]);
    }
    return keys;
  }

  /** Returns whether the number of a rank in the group, 1 for the largest, is in the bracket and can be told. */
  boolean has(long rank) {
    long larger = 0;
    long within = 0;
    for (int chunk = 0; chunk < noted.length; chunk++) {
      if (lowest < highest && noted[chunk].length < inside[chunk]) {
        return false;
      }
      larger += above[chunk];
      within += inside[chunk];
    }
    return rank > larger && rank <= larger + within;
  }

  /** Returns the number of a rank that the bracket {@linkplain #has has}. */
  Cut cut(long rank) {
    long larger = 0;
    for (long count : above) {
      larger += count;
    }
    int from = lowest;
    int undecided = Integer.SIZE - Integer.numberOfLeadingZeros(highest - lowest);
    while (undecided > 0) {
      int behind = Math.max(0, undecided - WIDTH);
      int[] bins = count(from, undecided, behind);
      int bin = bins.length - 1;
      for (; larger + bins[bin] < rank; bin--) {
        larger += bins[bin];
      }
      from += bin << behind;
      undecided = behind;
    }
    return new Cut(from, larger, lowest == highest ? inside : equalsByChunk(from));
  }

  /** Counts what is noted from one number on by those of its next undecided bits that come first. */
  private int[] count(int from, int undecided, int behind) {
    int[] bins = new int[1 << undecided - behind];
    for (int[] keys : noted) {
      for (int key : keys) {
        int distance = key - from;
        if (distance >= 0 && distance >>> behind < bins.length) {
          bins[distance >>> behind]++;
        }
      }
    }
    return bins;
  }

  private long[] equalsByChunk(int key) {
    long[] equals = new long[noted.length];
    for (int chunk = 0; chunk < noted.length; chunk++) {
      for (int other : noted[chunk]) {
        equals[chunk] += other == key ? 1 : 0;
      }
    }
    return equals;
  }
}
