package io.modelweave.merge.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A few threads, the caller's among them, that share numbered tasks; each task may end with a part that runs in the order of the
 * numbers.
 */
final class Workers implements AutoCloseable {

  /** One task. */
  @FunctionalInterface
  interface Task {

    /**
     * Does the work.
     *
     * @param index of the task
     * @param worker that does it, in [0, threads)
     * @param inOrder takes the end of the task, which runs after that of the task before
     */
    void run(int index, int worker, InOrder inOrder);
  }

  /** How many ends of tasks of a thread may wait for their turn. */
  static final int AHEAD = 8;

  private final int threads;
  private final ExecutorService pool;
  private final ChunkBuffer[] buffers;
  private final long[][] counts;
  private final boolean[] counting;
  private int counters;

  Workers(int threads) {
    this.threads = threads;
    this.buffers = new ChunkBuffer[threads];
    this.counts = new long[threads][0];
    this.counting = new boolean[threads];
    this.pool = Executors.newFixedThreadPool(Math.max(1, threads - 1), task -> {
      Thread thread = new Thread(task, "merge");
      thread.setDaemon(true);
      return thread;
    });
  }

  int threads() {
    return threads;
  }

  /** Returns the buffer of a worker, for it alone. */
  ChunkBuffer buffer(int worker) {
    if (buffers[worker] == null) {
      buffers[worker] = new ChunkBuffer();
    }
    return buffers[worker];
  }

  /** Begins to count anew. The arrays stay: a selection counts in a megabyte for each tensor, and most tensors are smaller than that. */
  void forgetCounts(int length) {
    counters = length;
    Arrays.fill(counting, false);
  }

  /** Returns the counts of a worker, for it alone, zeros at first; the array may be longer than was asked for. */
  long[] counts(int worker) {
    if (!counting[worker]) {
      if (counts[worker].length < counters) {
        counts[worker] = new long[counters];
      } else {
        Arrays.fill(counts[worker], 0, counters, 0);
      }
      counting[worker] = true;
    }
    return counts[worker];
  }

  /** Returns the sums over all workers, in an array that the next counts overwrite. */
  long[] totalCounts() {
    long[] total = counts(0);
    for (int worker = 1; worker < threads; worker++) {
      for (int i = 0; counting[worker] && i < counters; i++) {
        total[i] += counts[worker][i];
      }
    }
    return total;
  }

  /** Runs tasks 0 to {@code count - 1} and returns when all are done; the first failure ends them all and is thrown. */
  void forEach(int count, Task task) {
    InOrder inOrder = new InOrder(AHEAD * threads);
    AtomicInteger next = new AtomicInteger();
    List<Future<?>> others = new ArrayList<>();
    for (int worker = 1; worker < Math.min(threads, count); worker++) {
      int number = worker;
      others.add(pool.submit(() -> work(count, task, number, next, inOrder)));
    }
    RuntimeException failure = null;
    try {
      work(count, task, 0, next, inOrder);
    } catch (RuntimeException e) {
      failure = e;
    }
    for (Future<?> other : others) {
      failure = prefer(failure, outcome(other));
    }
    if (failure != null) {
      throw failure;
    }
  }

  private static void work(int count, Task task, int worker, AtomicInteger next, InOrder inOrder) {
    try {
      for (int index = next.getAndIncrement(); index < count; index = next.getAndIncrement()) {
        task.run(index, worker, inOrder);
      }
    } catch (RuntimeException | Error e) {
      next.set(count);
      inOrder.cancel();
      throw e;
    }
  }

  private static @Nullable RuntimeException outcome(Future<?> future) {
    try {
      future.get();
      return null;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      return (RuntimeException) e.getCause();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new CancellationException("interrupted while merging");
    }
  }

  private static @Nullable RuntimeException prefer(@Nullable RuntimeException first, @Nullable RuntimeException second) {
    return first == null || first instanceof CancellationException && second != null ? second : first;
  }

  @Override
  public void close() {
    pool.shutdownNow();
  }
}
