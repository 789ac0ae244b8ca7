package io.modelweave.merge.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InOrderTest {

  private static final int TASKS = 500;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 8})
  void should_run_ends_of_tasks_in_order_and_one_at_a_time(int threads) {
    List<Integer> order = new ArrayList<>();
    AtomicInteger inside = new AtomicInteger();
    List<Integer> together = new ArrayList<>();

    try (Workers workers = new Workers(threads)) {
      workers.forEach(TASKS, (index, worker, inOrder) -> {
        if (index % 7 == 0) {
          Thread.yield();
        }
        inOrder.run(index, () -> {
          together.add(inside.incrementAndGet());
          order.add(index);
          inside.decrementAndGet();
        });
      });
    }

    assertThat(order).containsExactlyElementsOf(IntStream.range(0, TASKS).boxed().toList());
    assertThat(together).containsOnly(1);
  }

  @Test
  void should_let_no_one_run_further_ahead_than_agreed() throws InterruptedException {
    InOrder inOrder = new InOrder(1);
    List<Integer> order = new ArrayList<>();
    Thread ahead = new Thread(() -> inOrder.run(2, () -> order.add(2)));
    ahead.start();
    while (ahead.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }

    inOrder.run(1, () -> order.add(1));
    assertThat(order).isEmpty();
    inOrder.run(0, () -> order.add(0));
    ahead.join();

    assertThat(order).containsExactly(0, 1, 2);
  }

  @Test
  void should_throw_the_first_failure_and_release_all_that_wait() {
    try (Workers workers = new Workers(4)) {
      assertThatThrownBy(() -> workers.forEach(TASKS, (index, worker, inOrder) -> inOrder.run(index, () -> {
        if (index == 20) {
          throw new IllegalStateException("twenty");
        }
      }))).isInstanceOf(IllegalStateException.class).hasMessage("twenty");
    }
    InOrder cancelled = new InOrder(0);
    cancelled.cancel();
    assertThatThrownBy(() -> cancelled.run(1, () -> { })).isInstanceOf(CancellationException.class);
  }
}
