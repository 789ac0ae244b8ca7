package io.modelweave.merge.method;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Finds the {@code k} largest magnitudes of a tensor exactly, without sorting and in constant memory: a radix search over the bits of
 * the numbers, whose order is that of the magnitudes. Equal magnitudes at the cut are taken in the order of their index.
 *
 * <p>Magnitudes are told apart as floats where inputs are F32 or narrower, which takes two passes, and as doubles otherwise, which takes
 * four. Where equals at a cut must be divided, the last pass has mostly seen enough to do it; one more is made if many numbers were near
 * the cut. Cost: O(N), 512 KiB for each cut and thread.
 */
public final class TopSelection {

  private static final int BUCKETS = 1 << 16;
  /** A chunk notes what is near a cut if that is at most one element of so many. */
  private static final int NEAR_SHARE = 16;
  /** Scratch for what is near a cut; magnitudes may be in that before it. */
  private static final int NEAR = 1;

  /** Gives the numbers that are ranked. */
  @FunctionalInterface
  public interface Magnitudes {

    /** Returns at least {@code chunk.length()} numbers, whose signs do not matter. */
    double[] of(Chunk chunk, int vector);
  }

  private final Magnitudes magnitudes;
  private final boolean precise;
  private final int chunks;
  private final int[] vectorOf;
  private final long[] remaining;
  private final long[] prefix;
  private final boolean[] decided;
  private final long @Nullable [][] equalsBefore;
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
    this.vectorOf = vectorOf.clone();
    this.remaining = counts.clone();
    this.prefix = new long[counts.length];
    this.decided = new boolean[counts.length];
    this.equalsBefore = new long[counts.length][];
    for (int cut = 0; cut < counts.length; cut++) {
      if (counts[cut] <= 0 || counts[cut] > group.length()) {
        decided[cut] = true;
        prefix[cut] = counts[cut] <= 0 ? Long.MAX_VALUE : -1;
      }
    }
  }

  /** Returns the next pass of the search, null when all cuts are known. */
  public @Nullable Pass next() {
    for (int cut = 0; cut < prefix.length; cut++) {
      if (!decided[cut]) {
        return level < levels() ? new Histogram() : new EqualsByChunk();
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
    long[] before = equalsBefore[cut];
    long room = before == null ? Long.MAX_VALUE : remaining[cut] - before[chunk.ordinal()];
    boolean allEquals = before == null || before[chunk.ordinal() + 1] - before[chunk.ordinal()] <= room;
    long least = allEquals || prefix[cut] == Long.MAX_VALUE ? prefix[cut] : prefix[cut] + 1;
    fillMask(values, chunk.length(), Math.max(0, least), mask);
    for (int j = 0; !allEquals && room > 0; j++) {
      if (key(values[j]) == prefix[cut]) {
        mask[j] = 1;
        room--;
      }
    }
  }

  /** Compares by the sign of a difference: no processor can guess the outcome of a branch here. */
  private void fillMask(double[] values, int length, long least, double[] mask) {
    if (precise || least > Integer.MAX_VALUE) {
      for (int j = 0; j < length; j++) {
        mask[j] = key(values[j]) - least >>> 63 ^ 1;
      }
      return;
    }
    int narrow = (int) least;
    for (int j = 0; j < length; j++) {
      mask[j] = (Float.floatToRawIntBits((float) values[j]) & Integer.MAX_VALUE) - narrow >>> 31 ^ 1;
    }
  }

  private int levels() {
    return precise ? 4 : 2;
  }

  /** The first level looks at the highest 16 bits, the last at the lowest 15. */
  private int shift() {
    return (levels() - 1 - level) * Short.SIZE - (level == levels() - 1 ? 0 : 1);
  }

  private long key(double value) {
    return precise ? Double.doubleToRawLongBits(value) & Long.MAX_VALUE : Float.floatToRawIntBits((float) value) & Integer.MAX_VALUE;
  }

  /** Counts how many numbers that begin like a cut have which next bits; at first all cuts of a vector share the counts. */
  private final class Histogram implements Pass {

    private final int shift = shift();
    private final boolean last = level == levels() - 1;
    private final int width = last ? Short.SIZE - 1 : Short.SIZE;
    private final int[] slots = new int[vectorOf.length];
    private final int slotCount;
    private final char[][] near = new char[last ? Math.multiplyExact(vectorOf.length, chunks) : 0][];

    Histogram() {
      int next = 0;
      for (int cut = 0; cut < vectorOf.length; cut++) {
        slots[cut] = level == 0 ? vectorOf[cut] : next;
        next += decided[cut] ? 0 : 1;
      }
      slotCount = level == 0 ? Arrays.stream(vectorOf).max().orElse(0) + 1 : next;
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
          countAll(magnitudes.of(chunk, counted), chunk.length(), counted * BUCKETS, counts);
        } else if (level > 0 && !decided[cut]) {
          double[] values = magnitudes.of(chunk, vectorOf[cut]);
          double[] found = chunk.scratch(NEAR);
          int most = last ? chunk.length() / NEAR_SHARE : 0;
          int count = countThoseLike(prefix[cut], values, chunk.length(), slots[cut] * BUCKETS, counts, found, most);
          if (last && count <= most) {
            near[cut * chunks + chunk.ordinal()] = narrowed(found, count);
          }
        }
      }
    }

    private void countAll(double[] values, int length, int at, long[] counts) {
      if (precise) {
        for (int j = 0; j < length; j++) {
          counts[at + (int) (key(values[j]) >>> shift)]++;
        }
        return;
      }
      for (int j = 0; j < length; j++) {
        counts[at + ((Float.floatToRawIntBits((float) values[j]) & Integer.MAX_VALUE) >>> (Short.SIZE - 1))]++;
      }
    }

    /** Also notes the next bits of the first {@code most} numbers that it counts; returns how many it has counted. */
    private int countThoseLike(long begin, double[] values, int length, int at, long[] counts, double[] found, int most) {
      int mask = (1 << width) - 1;
      int count = 0;
      for (int j = 0; j < length; j++) {
        long key = key(values[j]) >>> shift;
        if (key >>> width == begin) {
          counts[at + ((int) key & mask)]++;
          if (count < most) {
            found[count] = key & mask;
          }
          count++;
        }
      }
      return count;
    }

    private static char[] narrowed(double[] bits, int count) {
      char[] narrow = new char[count];
      for (int i = 0; i < count; i++) {
        narrow[i] = (char) bits[i];
      }
      return narrow;
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
          decided[cut] = last && (counts[at + bucket] == remaining[cut] || divide(cut, (char) bucket));
        }
      }
      level++;
    }

    /** Divides equals by what was noted; returns whether every chunk had noted all. */
    private boolean divide(int cut, char equal) {
      long[] inChunk = new long[chunks];
      for (int chunk = 0; chunk < chunks; chunk++) {
        char[] noted = near[cut * chunks + chunk];
        if (noted == null) {
          return false;
        }
        for (char bits : noted) {
          inChunk[chunk] += bits == equal ? 1 : 0;
        }
      }
      TopSelection.this.divide(cut, inChunk, 0);
      return true;
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
