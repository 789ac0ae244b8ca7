package io.modelweave.merge.method;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class BracketTest {

  private static final int LENGTH = 100;
  private static final int CHUNKS = 5;

  private final double[] values = DoubleStream.generate(new SplittableRandom(1)::nextDouble).map(v -> (float) v - 0.5f).limit(500).toArray();
  private final double[] descending = DoubleStream.of(values).map(v -> -Math.abs(v)).sorted().map(v -> -v).toArray();

  @Test
  void should_tell_the_number_of_every_rank_if_all_is_noted() {
    Bracket bracket = noted(CHUNKS * LENGTH, List.of(3, 0, 4, 1, 2));

    for (int rank = 1; rank <= values.length; rank++) {
      assertThat(bracket.has(rank)).isTrue();
      assertThat(Float.intBitsToFloat(bracket.cut(rank).key())).isEqualTo((float) descending[rank - 1]);
    }
    assertThat(bracket.has(values.length + 1)).isFalse();
  }

  /** Else a cut would be chosen among the chunks that came first, and hang on the threads. */
  @Test
  void should_tell_nothing_if_there_is_no_room_for_all_whichever_chunk_comes_last() {
    for (List<Integer> order : List.of(List.of(0, 1, 2, 3, 4), List.of(4, 2, 0, 3, 1))) {
      Bracket bracket = noted(CHUNKS * LENGTH - 1, order);

      assertThat(bracket.has(1)).isFalse();
      assertThat(bracket.has(values.length)).isFalse();
    }
  }

  private Bracket noted(int most, List<Integer> order) {
    Bracket bracket = new Bracket(0, Integer.MAX_VALUE, CHUNKS, true, most);
    for (int chunk : order) {
      double[] own = Arrays.copyOfRange(values, chunk * LENGTH, (chunk + 1) * LENGTH);
      bracket.note(new Place(chunk), own, new double[LENGTH]);
    }
    return bracket;
  }

  /** A chunk that knows where it is and nothing else. */
  private record Place(int ordinal) implements Chunk {

    @Override
    public int length() {
      return LENGTH;
    }

    @Override
    public long start() {
      return (long) ordinal * LENGTH;
    }

    @Override
    public TensorContext tensor() {
      throw new UnsupportedOperationException();
    }

    @Override
    public double[] model(int index) {
      throw new UnsupportedOperationException();
    }

    @Override
    public double[] base() {
      throw new UnsupportedOperationException();
    }

    @Override
    public double[] delta(int index) {
      throw new UnsupportedOperationException();
    }

    @Override
    public double[] scratch(int index) {
      throw new UnsupportedOperationException();
    }
  }
}
