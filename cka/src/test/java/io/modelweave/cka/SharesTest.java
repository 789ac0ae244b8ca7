package io.modelweave.cka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelweave.core.BatchWorkers;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Work that is shared out in small pieces. */
class SharesTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void should_work_on_each_index_once(int threads) {
    AtomicIntegerArray times = new AtomicIntegerArray(100);

    Shares.forEach(new BatchWorkers(threads), 100, times::incrementAndGet);
    Shares.forEach(new BatchWorkers(threads), 0, i -> {
      throw new AssertionError("there is nothing to do");
    });

    for (int i = 0; i < 100; i++) {
      assertThat(times.get(i)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void should_throw_for_the_lowest_index_that_fails_once_all_work_has_ended(int threads) {
    for (int repetition = 0; repetition < 200; repetition++) {
      AtomicInteger running = new AtomicInteger();

      assertThatThrownBy(() -> Shares.forEach(new BatchWorkers(threads), 50, i -> {
        running.incrementAndGet();
        Thread.yield();
        running.decrementAndGet();
        if (i % 10 == 7) {
          throw new IllegalArgumentException("layer " + i);
        }
      })).isInstanceOf(IllegalArgumentException.class).hasMessage("layer 7");
      assertThat(running.get()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void should_pass_errors_on(int threads) {
    assertThatThrownBy(() -> Shares.forEach(new BatchWorkers(threads), 10, i -> {
      throw new OutOfMemoryError("no memory for tile " + i);
    })).isInstanceOf(OutOfMemoryError.class).hasMessageContaining("no memory for tile");
  }
}
