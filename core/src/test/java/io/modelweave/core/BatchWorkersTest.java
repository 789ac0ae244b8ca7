package io.modelweave.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** If results came out of order, sums and activations would depend on how threads happen to run. */
class BatchWorkersTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void should_hand_out_results_in_the_order_of_the_inputs(int threads) {
    SplittableRandom random = new SplittableRandom(1);
    List<Integer> inputs = IntStream.range(0, 60).boxed().toList();
    int[] pauses = inputs.stream().mapToInt(i -> random.nextInt(3)).toArray();
    List<Integer> results = new ArrayList<>();

    new BatchWorkers(threads).forEach(inputs, i -> {
      pause(pauses[i]);
      return 10 * i;
    }, results::add);

    assertThat(results).isEqualTo(inputs.stream().map(i -> 10 * i).toList());
  }

  private static void pause(int milliseconds) {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void should_read_inputs_only_as_fast_as_results_are_taken() {
    AtomicInteger read = new AtomicInteger();
    AtomicInteger taken = new AtomicInteger();
    Iterable<Integer> endless = () -> new Iterator<>() {
      @Override
      public boolean hasNext() {
        return read.get() < 100;
      }

      @Override
      public Integer next() {
        assertThat(read.get() - taken.get()).as("inputs in memory").isLessThanOrEqualTo(4);
        return read.getAndIncrement();
      }
    };

    new BatchWorkers(3).forEach(endless, i -> i, i -> taken.incrementAndGet());

    assertThat(taken).hasValue(100);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void should_throw_what_the_first_failing_input_threw(int threads) {
    List<Integer> results = new ArrayList<>();

    assertThatThrownBy(() -> new BatchWorkers(threads).forEach(List.of(0, 1, 2, 3, 4, 5), i -> {
      if (i >= 3) {
        throw new IllegalArgumentException("batch " + i);
      }
      return i;
    }, results::add)).isInstanceOf(IllegalArgumentException.class).hasMessage("batch 3");
    assertThat(results).containsExactly(0, 1, 2);
  }

  @Test
  void should_refuse_no_threads() {
    assertThatThrownBy(() -> new BatchWorkers(0)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("0 threads, must be at least 1");
  }
}
