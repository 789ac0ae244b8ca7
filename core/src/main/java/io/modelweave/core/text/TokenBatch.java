package io.modelweave.core.text;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Token ids of several sequences of one length.
 *
 * <p>The loss of a batch is the mean cross-entropy of predicting token {@code t + 1} from the tokens up to {@code t}, over all
 * {@code B (T - 1)} positions: a model with context {@code C} reads windows of up to {@code C + 1} ids.
 *
 * @param ids {@code [B, T]}, not to be modified
 * @param sampleIds {@code B} names, so that activations of different data never meet
 */
public record TokenBatch(int[][] ids, List<String> sampleIds) {

  /**
   * Checks the shape.
   *
   * @throws IllegalArgumentException if there is no sequence or no token, the sequences differ in length, or names are too few or many
   */
  public TokenBatch {
    if (ids.length == 0 || ids[0].length == 0) {
      throw new IllegalArgumentException("a batch needs at least one sequence of at least one token");
    }
    for (int b = 0; b < ids.length; b++) {
      if (ids[b].length != ids[0].length) {
        throw new IllegalArgumentException("sequence %d has %d tokens, sequence 0 has %d; a batch needs one length"
            .formatted(b, ids[b].length, ids[0].length));
      }
    }
    if (sampleIds.size() != ids.length) {
      throw new IllegalArgumentException("%d sample ids for %d sequences".formatted(sampleIds.size(), ids.length));
    }
    ids = Arrays.stream(ids).map(int[]::clone).toArray(int[][]::new);
    sampleIds = List.copyOf(sampleIds);
  }

  /** Returns a batch whose sequences are named {@code "0", "1", ...}. */
  public static TokenBatch of(int[][] ids) {
    return new TokenBatch(ids, IntStream.range(0, ids.length).mapToObj(Integer::toString).toList());
  }

  /** Returns {@code B}, the number of sequences. */
  public int batch() {
    return ids.length;
  }

  /** Returns {@code T}, the tokens of each sequence. */
  public int length() {
    return ids[0].length;
  }

  /** Returns positions {@code from} (included) to {@code to} (excluded) of all sequences, {@code [B * (to - from)]}, row by row. */
  public int[] columns(int from, int to) {
    return Arrays.stream(ids).flatMapToInt(row -> Arrays.stream(row, from, to)).toArray();
  }
}
