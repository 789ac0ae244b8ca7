package io.modelweave.core;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Threads that work on several batches at once and hand out the results in the order of the batches, so that what is computed does not
 * depend on their number.
 *
 * <p>On a processor this is the way to use several cores: ND4J's operations gain little from a second thread each, two batches side by
 * side gain nearly everything. Set the environment variable {@code OMP_NUM_THREADS=1}, or the threads of the operations get in the way.
 *
 * @param threads how many batches are worked on at once, at least 1; 1 works on the calling thread
 */
public record BatchWorkers(int threads) {

  /** Checks the number. */
  public BatchWorkers {
    if (threads < 1) {
      throw new IllegalArgumentException("%d threads, must be at least 1".formatted(threads));
    }
  }

  /** Returns the calling thread alone. */
  public static BatchWorkers single() {
    return new BatchWorkers(1);
  }

  /** Returns as many threads as the machine has processors for this process. */
  public static BatchWorkers all() {
    return new BatchWorkers(Runtime.getRuntime().availableProcessors());
  }

  /**
   * Works on all inputs and passes each result on, in the order of the inputs and on the calling thread. At most {@code threads + 1}
   * results wait at once, so that an iterable larger than memory may be given.
   *
   * @param work must be safe to run on several threads
   * @param consumer takes the results
   * @throws RuntimeException what {@code work} throws for the first input that fails, after the running work has ended
   */
  public <I, O> void forEach(Iterable<? extends I> inputs, Function<? super I, ? extends O> work, Consumer<? super O> consumer) {
    if (threads == 1) {
      inputs.forEach(input -> consumer.accept(work.apply(input)));
      return;
    }
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      Deque<Future<? extends O>> pending = new ArrayDeque<>();
      for (I input : inputs) {
        pending.add(executor.submit(() -> work.apply(input)));
        if (pending.size() > threads) {
          consumer.accept(result(pending.remove()));
        }
      }
      while (!pending.isEmpty()) {
        consumer.accept(result(pending.remove()));
      }
    } finally {
      executor.shutdownNow();
      awaitEnd(executor);
    }
  }

  private static <O> O result(Future<O> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted while batches were worked on");
    }
  }

  private static void awaitEnd(ExecutorService executor) {
    boolean interrupted = false;
    while (!executor.isTerminated()) {
      try {
        executor.awaitTermination(1, TimeUnit.MINUTES);
      } catch (InterruptedException e) {
        interrupted = true; // the arrays in use must not be freed under the threads
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
