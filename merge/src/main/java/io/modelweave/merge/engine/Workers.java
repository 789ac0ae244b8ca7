package io.modelweave.merge.engine;

import java.util.ArrayList;
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
     * @param turn lets the end of the task run after that of the task before
     */
    void run(int index, int worker, Turn turn);
  }

  private final int threads;
  private final ExecutorService pool;

  Workers(int threads) {
    this.threads = threads;
    this.pool = Executors.newFixedThreadPool(Math.max(1, threads - 1), task -> {
      Thread thread = new Thread(task, "merge");
      thread.setDaemon(true);
      return thread;
    });
  }

  int threads() {
    return threads;
  }

  /** Runs tasks 0 to {@code count - 1} and returns when all are done; the first failure ends them all and is thrown. */
  void forEach(int count, Task task) {
    Turn turn = new Turn();
    AtomicInteger next = new AtomicInteger();
    List<Future<?>> others = new ArrayList<>();
    for (int worker = 1; worker < Math.min(threads, count); worker++) {
      int number = worker;
      others.add(pool.submit(() -> work(count, task, number, next, turn)));
    }
    RuntimeException failure = null;
    try {
      work(count, task, 0, next, turn);
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

  private static void work(int count, Task task, int worker, AtomicInteger next, Turn turn) {
    try {
      for (int index = next.getAndIncrement(); index < count; index = next.getAndIncrement()) {
        task.run(index, worker, turn);
      }
    } catch (RuntimeException | Error e) {
      next.set(count);
      turn.cancel();
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

  private static @Nullable RuntimeException prefer(@Nullable RuntimeException first,
      @Nullable RuntimeException second) {
    return first == null || first instanceof CancellationException && second != null ? second : first;
  }

  @Override
  public void close() {
    pool.shutdownNow();
  }

  /** Lets one task after the other pass, in the order of their numbers. */
  static final class Turn {

    private int next;
    private boolean cancelled;

    /** Waits for the tasks before to pass, then runs. */
    void pass(int index, Runnable action) {
      synchronized (this) {
        while (next != index) {
          if (cancelled) {
            throw new CancellationException("another chunk failed");
          }
          try {
            wait();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while merging");
          }
        }
      }
      action.run();
      synchronized (this) {
        next++;
        notifyAll();
      }
    }

    private synchronized void cancel() {
      cancelled = true;
      notifyAll();
    }
  }
}
