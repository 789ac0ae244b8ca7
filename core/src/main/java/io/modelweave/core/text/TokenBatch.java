package io.modelweave.core.text;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * Token ids {@code [B, T]}: {@code B} samples of {@code T >= 1} tokens each, with a name for every sample.
 *
 * <p>The loss of a batch is the mean cross-entropy, in nats, of predicting token {@code t + 1} from the tokens up to
 * {@code t}, over the {@code B * (T - 1)} positions; it needs {@code T >= 2}. A model trained on a context of {@code C} tokens hence reads batches of
 * {@code T = C + 1}: inputs are tokens {@code 0..C-1}, targets tokens {@code 1..C}.
 *
 * <p>The rows are copied in and out.
 *
 * @param ids {@code B} rows of {@code T} ids each, none negative
 * @param sampleIds {@code B} names, one a row: what {@link io.modelweave.core.Activations} of this batch are matched by
 */
public record TokenBatch(int[][] ids, List<String> sampleIds) {

  /**
   * Checks and copies the rows.
   *
   * @throws IllegalArgumentException if there is no row, rows differ in length or are empty, an id is negative, or
   *     the names are not one a row; the message names the row
   */
  public TokenBatch {
    Objects.requireNonNull(ids, "ids");
    sampleIds = List.copyOf(sampleIds);
    if (ids.length == 0) {
      throw new IllegalArgumentException("no rows: a batch needs at least one sample");
    }
    if (sampleIds.size() != ids.length) {
      throw new IllegalArgumentException("%d sample ids for %d rows; give one a row".formatted(sampleIds.size(), ids.length));
    }
    int length = ids[0].length;
    if (length < 1) {
      throw new IllegalArgumentException("row 0 has no ids; leave empty texts out");
    }
    int[][] copy = new int[ids.length][];
    for (int row = 0; row < ids.length; row++) {
      copy[row] = checked(ids[row], row, length);
    }
    ids = copy;
  }

  /**
   * Returns a batch whose samples are named {@code "0", "1", ...}.
   *
   * @throws IllegalArgumentException as the constructor does
   */
  public TokenBatch(int[][] ids) {
    this(ids, IntStream.range(0, ids.length).mapToObj(Integer::toString).toList());
  }

  private static int[] checked(int[] row, int index, int length) {
    if (row.length != length) {
      throw new IllegalArgumentException("row %d has %d ids but row 0 has %d; all rows of a batch have one length".formatted(index, row.length, length));
    }
    for (int t = 0; t < length; t++) {
      if (row[t] < 0) {
        throw new IllegalArgumentException("row %d has the negative id %d at position %d".formatted(index, row[t], t));
      }
    }
    return row.clone();
  }

  /**
   * Returns the batch in a JSON file {@code {"input_ids": [[..], ..]}}; samples are named {@code "0", "1", ...}.
   *
   * @throws java.io.UncheckedIOException if the file is missing or cannot be read
   * @throws IllegalArgumentException naming the file and row, if it holds anything but equally long rows of integers from 0
   */
  public static TokenBatch read(Path file) {
    return InputIds.read(file);
  }

  /** Returns a copy of the ids {@code [B, T]}. */
  @Override
  public int[][] ids() {
    int[][] copy = new int[ids.length][];
    for (int row = 0; row < copy.length; row++) {
      copy[row] = ids[row].clone();
    }
    return copy;
  }

  /** Returns {@code B}, the number of samples. */
  public int batch() {
    return ids.length;
  }

  /** Returns {@code T}, the number of tokens of each sample. */
  public int length() {
    return ids[0].length;
  }

  /** Returns the ids of positions {@code from} (included) to {@code to} (excluded) of all samples, {@code [B * (to - from)]}, row by row. */
  public int[] columns(int from, int to) {
    return Arrays.stream(ids).flatMapToInt(row -> Arrays.stream(row, from, to)).toArray();
  }

  /** Returns the largest id, which must be below the vocabulary size of the model that reads the batch. */
  public int largestId() {
    return Arrays.stream(ids).flatMapToInt(Arrays::stream).max().orElseThrow();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TokenBatch that && Arrays.deepEquals(ids, that.ids) && sampleIds.equals(that.sampleIds);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.deepHashCode(ids) + sampleIds.hashCode();
  }

  @Override
  public String toString() {
    return "TokenBatch[%d samples of %d tokens]".formatted(batch(), length());
  }
}
