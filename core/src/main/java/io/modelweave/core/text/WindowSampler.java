package io.modelweave.core.text;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.SplittableRandom;

/**
 * Batches of windows of a stream. A window crosses document ends; its sample id is {@code "@"} and the position of its first
 * token, so that activations recorded on different windows are never taken for the same samples.
 *
 * <p>{@code length} is always the number of ids in a row. A model trained on a context of {@code C} tokens uses windows of
 * {@code C + 1} ids: inputs are ids {@code 0..C-1}, targets ids {@code 1..C} (see {@link TokenBatch}).
 */
public final class WindowSampler {

  private final TokenStream stream;

  private WindowSampler(TokenStream stream) {
    this.stream = stream;
  }

  /** Returns a sampler of the windows of a stream. */
  public static WindowSampler of(TokenStream stream) {
    return new WindowSampler(Objects.requireNonNull(stream, "stream"));
  }

  /**
   * Returns {@code count} batches {@code [batchSize, length]} of windows that start at independent uniformly drawn positions.
   * Each iteration yields the same batches.
   *
   * @param length ids in a window, at least 2: context plus one
   * @throws IllegalArgumentException if a number is too small, or the stream is shorter than one window
   */
  public Iterable<TokenBatch> batches(int batchSize, int length, int count, long seed) {
    if (count < 0) {
      throw new IllegalArgumentException("the number of batches is %d; it must not be negative".formatted(count));
    }
    check(batchSize, length);
    return () -> new RandomWindows(batchSize, length, count, seed);
  }

  /**
   * Returns batches as {@link #batches(int, int, int, long)} does, without end: the same first {@code n} for every {@code n}.
   *
   * @throws IllegalArgumentException if a number is too small, or the stream is shorter than one window
   */
  public Iterable<TokenBatch> batches(int batchSize, int length, long seed) {
    check(batchSize, length);
    return () -> new RandomWindows(batchSize, length, Long.MAX_VALUE, seed);
  }

  /**
   * Returns the windows that start at {@code 0, length - 1, 2 (length - 1), ...}, so that every token but the first is
   * predicted once; what does not fill a window at the end of the stream is left out.
   *
   * @return batches {@code [batchSize, length]}, the last one possibly smaller
   * @throws IllegalArgumentException if a number is too small, or the stream is shorter than one window
   */
  public List<TokenBatch> inOrder(int batchSize, int length) {
    check(batchSize, length);
    List<TokenBatch> batches = new ArrayList<>();
    int windows = (stream.length() - 1) / (length - 1);
    for (int first = 0; first < windows; first += batchSize) {
      int[] starts = new int[Math.min(batchSize, windows - first)];
      for (int i = 0; i < starts.length; i++) {
        starts[i] = (first + i) * (length - 1);
      }
      batches.add(windows(starts, length));
    }
    return List.copyOf(batches);
  }

  private void check(int batchSize, int length) {
    if (batchSize < 1) {
      throw new IllegalArgumentException("the batch size is %d; it must be at least 1".formatted(batchSize));
    }
    if (length < 2) {
      throw new IllegalArgumentException("windows of %d ids; next-token prediction needs at least 2".formatted(length));
    }
    if (stream.length() < length) {
      throw new IllegalArgumentException("the stream has %d tokens but one window needs %d; give more text or a shorter context"
          .formatted(stream.length(), length));
    }
  }

  private TokenBatch windows(int[] starts, int length) {
    int[][] ids = new int[starts.length][];
    List<String> names = new ArrayList<>(starts.length);
    for (int i = 0; i < starts.length; i++) {
      ids[i] = stream.slice(starts[i], starts[i] + length);
      names.add("@" + starts[i]);
    }
    return new TokenBatch(ids, names);
  }

  private final class RandomWindows implements Iterator<TokenBatch> {

    private final int batchSize;
    private final int length;
    private final SplittableRandom random;
    private long left;

    RandomWindows(int batchSize, int length, long count, long seed) {
      this.batchSize = batchSize;
      this.length = length;
      this.left = count;
      this.random = new SplittableRandom(seed);
    }

    @Override
    public boolean hasNext() {
      return left > 0;
    }

    @Override
    public TokenBatch next() {
      if (left == 0) {
        throw new NoSuchElementException();
      }
      left--;
      return windows(random.ints(batchSize, 0, stream.length() - length + 1).toArray(), length);
    }
  }
}
