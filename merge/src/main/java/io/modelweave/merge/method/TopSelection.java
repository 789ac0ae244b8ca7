package io.modelweave.merge.method;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Finds the {@code k} largest magnitudes of a tensor exactly, without sorting and in constant memory. Equal magnitudes at the cut are
 * taken in the order of their index.
 *
 * <p>The order of magnitudes is that of their bits, as floats where inputs are F32 or narrower, and as doubles otherwise. Of floats, some
 * chunks show between which two numbers a cut must lie, and one pass over all counts what is above and notes what is between, which
 * decides it. Where the sample has misled, or too much is between, and for doubles, a radix search over the bits follows: two passes for
 * floats, four for doubles, and one more where equals at a cut must be divided. Cost: O(N), 512 KiB for each cut and thread.
 *
 * <p>Source of the sample: Floyd and Rivest, "Expected time bounds for selection", Communications of the ACM 18(3), 1975.
 */
public final class TopSelection {

  private static final int BUCKETS = 1 << 16;
  /** Bits of a float behind those that choose its bucket in a sample. */
  private static final int BEHIND = Short.SIZE - 1;
  /** A group of so few chunks is noted whole. */
  private static final int FEW_CHUNKS = 16;
  /** A sample has one chunk of so many, ... */
  private static final int SAMPLE_SHARE = 8;
  /** ... but no more than about so many. */
  private static final int SAMPLE_CHUNKS = 128;
  /** Elements noted for a cut, of 4 bytes, whatever the size of the group: enough for some 4 thousand million. */
  private static final int MOST_NOTED = 1 << 24;
  /** How far a cut may be from its rank in a sample, over the square root of its size: four standard deviations at least. */
  private static final double MARGIN = 2;
  /** Scratch for what is noted; magnitudes may be in that before it. */
  private static final int NOTED = 1;

  /** Gives the numbers that are ranked. */
  @FunctionalInterface
  public interface Magnitudes {

    /** Returns at least {@code chunk.length()} numbers, whose signs do not matter. */
    double[] of(Chunk chunk, int vector);
  }

  private final Magnitudes magnitudes;
  private final boolean precise;
  private final int chunks;
  private final long length;
  private final int[] vectorOf;
  private final long[] remaining;
  private final long[] prefix;
  private final boolean[] decided;
  private final long @Nullable [][] equalsBefore;
  private final Bracket @Nullable [] brackets;
  private boolean sampled;
  private boolean bracketed;
  private int level;

  /**
   * Creates a selection.
   *
   * @param group what is ranked together
   * @param vectorOf for each cut, the vector that it cuts
   * @param counts for each cut, how many of the largest to take: 0 or fewer for none, more than there are for all without a search
   */
  public TopSelection(MergeGroup group, Magnitudes magnitudes, int[] vectorOf, long[] counts) {
    this.magnitudes = magnitudes;
    this.precise = group.tensors().stream().anyMatch(TensorContext::precise);
    this.chunks = group.chunks();
    this.length = group.length();
    this.vectorOf = vectorOf.clone();
    this.remaining = counts.clone();
    this.prefix = new long[counts.length];
    this.decided = new boolean[counts.length];
    this.equalsBefore = new long[counts.length][];
    this.brackets = new Bracket[counts.length];
    this.sampled = precise || chunks <= FEW_CHUNKS;
    this.bracketed = precise;
    for (int cut = 0; cut < counts.length; cut++) {
      if (counts[cut] <= 0 || counts[cut] > group.length()) {
        decided[cut] = true;
        prefix[cut] = counts[cut] <= 0 ? Long.MAX_VALUE : -1;
      }
    }
  }

  /** Returns the next pass of the search, null when all cuts are known. */
  public @Nullable Pass next() {
    for (boolean known : decided) {
      if (!known) {
        return !sampled ? new Sample() : !bracketed ? new Bracketing() : level < levels() ? new Histogram() : new EqualsByChunk();
      }
    }
    return null;
  }

  /** Returns the smallest magnitude that a cut takes; negative if it takes all, NaN if it takes none. */
  public double threshold(int cut) {
    if (prefix[cut] == Long.MAX_VALUE) {
      return Double.NaN;
    }
    if (prefix[cut] < 0) {
      return -1;
    }
    return precise ? Double.longBitsToDouble(prefix[cut]) : Float.intBitsToFloat((int) prefix[cut]);
  }

  /** Sets {@code mask} to 1 where a cut takes an element and to 0 elsewhere. */
  public void mask(Chunk chunk, int cut, double[] values, double[] mask) {
    fillMask(values, chunk.length(), leastBits(chunk, cut), mask);
    long room = divides(chunk, cut) ? room(chunk, cut) : 0;
    for (int j = 0; room > 0; j++) {
      if (key(values[j]) == prefix[cut]) {
        mask[j] = 1;
        room--;
      }
    }
  }

  /** Compares by the sign of a difference: no processor can guess the outcome of a branch here. */
  private static void fillMask(double[] values, int length, long least, double[] mask) {
    for (int j = 0; j < length; j++) {
      mask[j] = (Double.doubleToRawLongBits(values[j]) & Long.MAX_VALUE) - least >>> 63 ^ 1;
    }
  }

  /**
   * Returns from which bits of a magnitude on a cut takes an element of a chunk; -1 if that does not tell, because of equals some are
   * taken and others not.
   */
  long least(Chunk chunk, int cut) {
    return divides(chunk, cut) && room(chunk, cut) > 0 ? -1 : leastBits(chunk, cut);
  }

  /** Leaves out equals that are not all taken. */
  private long leastBits(Chunk chunk, int cut) {
    if (prefix[cut] < 0 || prefix[cut] == Long.MAX_VALUE) {
      return Math.max(0, prefix[cut]);
    }
    long key = divides(chunk, cut) ? prefix[cut] + 1 : prefix[cut];
    return precise ? key : wideKey((int) key);
  }

  /** Returns whether a cut leaves out some of its equals in a chunk. */
  private boolean divides(Chunk chunk, int cut) {
    long[] before = equalsBefore[cut];
    return before != null && before[chunk.ordinal() + 1] - before[chunk.ordinal()] > room(chunk, cut);
  }

  /** Returns how many equals are still to be taken where a chunk begins; not positive if there are none. */
  private long room(Chunk chunk, int cut) {
    return remaining[cut] - equalsBefore[cut][chunk.ordinal()];
  }

  private int levels() {
    return precise ? 4 : 2;
  }

  /** The first level looks at the highest 16 bits, the last at the lowest 15. */
  private int shift() {
    return (levels() - 1 - level) * Short.SIZE - (level == levels() - 1 ? 0 : 1);
  }

  private long key(double value) {
    return precise ? Double.doubleToRawLongBits(value) & Long.MAX_VALUE : narrowKey(value);
  }

  /** Returns the bits of a number's magnitude as a float. */
  static int narrowKey(double value) {
    return Float.floatToRawIntBits((float) value) & Integer.MAX_VALUE;
  }

  /** Returns the least bits of a number whose {@link #narrowKey} is at least so large. */
  static long wideKey(int narrowKey) {
    int infinity = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);
    if (narrowKey <= 0 || narrowKey > infinity) { // a quiet NaN keeps its first bits
      return narrowKey <= 0 ? 0 : Double.doubleToRawLongBits(Float.intBitsToFloat(narrowKey));
    }
    double above = narrowKey == infinity ? 0x1p128 : Float.intBitsToFloat(narrowKey);
    double middle = (Float.intBitsToFloat(narrowKey - 1) + above) / 2;
    return Double.doubleToRawLongBits(middle) + (narrowKey(middle) < narrowKey ? 1 : 0);
  }

  /** Counts the first bits of every number of a chunk. */
  private void countAll(double[] values, int length, int shift, int at, long[] counts) {
    if (precise) {
      for (int j = 0; j < length; j++) {
        counts[at + (int) (key(values[j]) >>> shift)]++;
      }
      return;
    }
    for (int j = 0; j < length; j++) {
      counts[at + (narrowKey(values[j]) >>> BEHIND)]++;
    }
  }

  private int vectors() {
    return Arrays.stream(vectorOf).max().orElse(-1) + 1;
  }

  /** Counts the first bits of the numbers in some chunks, and puts each cut between two of their ranks. */
  private final class Sample implements Pass {

    @Override
    public int every() {
      return Math.max(SAMPLE_SHARE, chunks / SAMPLE_CHUNKS);
    }

    @Override
    public int sums() {
      return 0;
    }

    @Override
    public int counts() {
      return BUCKETS * vectors();
    }

    @Override
    public void accumulate(Chunk chunk, double[] sums, long[] counts) {
      for (int vector = 0; vector < vectors(); vector++) {
        countAll(magnitudes.of(chunk, vector), chunk.length(), BEHIND, vector * BUCKETS, counts);
      }
    }

    @Override
    public void complete(double[] sums, long[] counts) {
      for (int cut = 0; cut < vectorOf.length; cut++) {
        if (!decided[cut]) {
          int at = vectorOf[cut] * BUCKETS;
          long seen = Arrays.stream(counts, at, at + BUCKETS).sum();
          double rank = (double) remaining[cut] / length * seen;
          double margin = MARGIN * Math.sqrt(seen);
          int highest = bucket(counts, at, rank - margin);
          int lowest = bucket(counts, at, rank + margin);
          brackets[cut] = new Bracket(lowest << BEHIND, (highest << BEHIND) + (1 << BEHIND) - 1, chunks, false, MOST_NOTED);
        }
      }
      sampled = true;
    }

    /** Returns the bucket of the number of a rank, counted from the largest; the last bucket there is beyond the ranks. */
    private int bucket(long[] counts, int at, double rank) {
      int bucket = BUCKETS - 1;
      for (long larger = 0; bucket > 0 && larger + counts[at + bucket] < rank; bucket--) {
        larger += counts[at + bucket];
      }
      return bucket;
    }
  }

  /** Notes what lies around the cuts, which decides those that do lie there. */
  private final class Bracketing implements Pass {

    Bracketing() {
      for (int cut = 0; cut < brackets.length; cut++) {
        if (!decided[cut] && brackets[cut] == null) {
          brackets[cut] = new Bracket(0, Integer.MAX_VALUE, chunks, true, MOST_NOTED);
        }
      }
    }

    @Override
    public int sums() {
      return 0;
    }

    @Override
    public int counts() {
      return 0;
    }

    @Override
    public void accumulate(Chunk chunk, double[] sums, long[] counts) {
      for (int cut = 0; cut < brackets.length; cut++) {
        if (!decided[cut]) {
          brackets[cut].note(chunk, magnitudes.of(chunk, vectorOf[cut]), chunk.scratch(NOTED));
        }
      }
    }

    @Override
    public void complete(double[] sums, long[] counts) {
      for (int cut = 0; cut < brackets.length; cut++) {
        if (!decided[cut] && brackets[cut].has(remaining[cut])) {
          Bracket.Cut found = brackets[cut].cut(remaining[cut]);
          prefix[cut] = found.key();
          remaining[cut] -= found.larger();
          divide(cut, found.equals(), 0);
        }
        brackets[cut] = null;
      }
      bracketed = true;
    }
  }

  /** Counts how many numbers that begin like a cut have which next bits; at first all cuts of a vector share the counts. */
  private final class Histogram implements Pass {

    private final int shift = shift();
    private final boolean last = level == levels() - 1;
    private final int width = last ? Short.SIZE - 1 : Short.SIZE;
    private final int[] slots = new int[vectorOf.length];
    private final int slotCount;

    Histogram() {
      int next = 0;
      for (int cut = 0; cut < vectorOf.length; cut++) {
        slots[cut] = level == 0 ? vectorOf[cut] : next;
        next += decided[cut] ? 0 : 1;
      }
      slotCount = level == 0 ? vectors() : next;
    }

    @Override
    public int sums() {
      return 0;
    }

    @Override
    public int counts() {
      return BUCKETS * slotCount;
    }

    @Override
    public void accumulate(Chunk chunk, double[] sums, long[] counts) {
      int counted = -1;
      for (int cut = 0; cut < vectorOf.length; cut++) {
        if (level == 0 && vectorOf[cut] != counted) {
          counted = vectorOf[cut];
          countAll(magnitudes.of(chunk, counted), chunk.length(), shift, counted * BUCKETS, counts);
        } else if (level > 0 && !decided[cut]) {
          countThoseLike(prefix[cut], magnitudes.of(chunk, vectorOf[cut]), chunk.length(), slots[cut] * BUCKETS, counts);
        }
      }
    }

    private void countThoseLike(long begin, double[] values, int length, int at, long[] counts) {
      int mask = (1 << width) - 1;
      for (int j = 0; j < length; j++) {
        long key = key(values[j]) >>> shift;
        if (key >>> width == begin) {
          counts[at + ((int) key & mask)]++;
        }
      }
    }

    @Override
    public void complete(double[] sums, long[] counts) {
      for (int cut = 0; cut < vectorOf.length; cut++) {
        if (!decided[cut]) {
          int at = slots[cut] * BUCKETS;
          int bucket = (1 << width) - 1;
          while (counts[at + bucket] < remaining[cut]) {
            remaining[cut] -= counts[at + bucket];
            bucket--;
          }
          prefix[cut] = prefix[cut] << width | bucket;
          decided[cut] = last && counts[at + bucket] == remaining[cut];
        }
      }
      level++;
    }
  }

  /** Keeps, for a cut, how many of its equals come before each chunk. */
  private void divide(int cut, long[] inChunk, int from) {
    long[] before = new long[chunks + 1];
    for (int chunk = 0; chunk < chunks; chunk++) {
      before[chunk + 1] = before[chunk] + inChunk[from + chunk];
    }
    equalsBefore[cut] = before;
    decided[cut] = true;
  }

  /** Counts the magnitudes that equal a cut in each chunk, so that each chunk knows how many came before. */
  private final class EqualsByChunk implements Pass {

    @Override
    public int sums() {
      return 0;
    }

    @Override
    public int counts() {
      return Math.multiplyExact(vectorOf.length, chunks);
    }

    @Override
    public void accumulate(Chunk chunk, double[] sums, long[] counts) {
      for (int cut = 0; cut < vectorOf.length; cut++) {
        if (!decided[cut]) {
          double[] values = magnitudes.of(chunk, vectorOf[cut]);
          long found = 0;
          for (int j = 0; j < chunk.length(); j++) {
            found += key(values[j]) == prefix[cut] ? 1 : 0;
          }
          counts[cut * chunks + chunk.ordinal()] = found;
        }
      }
    }

    @Override
    public void complete(double[] sums, long[] counts) {
      for (int cut = 0; cut < vectorOf.length; cut++) {
        if (!decided[cut]) {
          divide(cut, counts, cut * chunks);
        }
      }
    }
  }
}
