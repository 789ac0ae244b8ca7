package io.modelweave.cka;

import com.google.common.base.Throwables;
import com.google.common.util.concurrent.ThreadFactoryBuilder;
import com.google.common.util.concurrent.Uninterruptibles;
import io.modelweave.core.BatchWorkers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Pieces of work of a millisecond that are shared out to workers: too short to start threads for, as {@link BatchWorkers#forEach} does.
 *
 * <p>The calling thread is one of the workers; the others wait some seconds for more. Each takes the next piece when it is done with one.
 */
final class Shares implements Runnable {

  private static final ExecutorService HELPERS = Executors.newCachedThreadPool(
      new ThreadFactoryBuilder().setDaemon(true).setNameFormat("modelweave-cka-%d").build());

  private final IntConsumer work;
  private final AtomicInteger next = new AtomicInteger();
  private final @Nullable RuntimeException[] failures;

  private Shares(int count, IntConsumer work) {
    this.work = work;
    this.failures = new RuntimeException[count];
  }

  /**
   * Works on each index below a count.
   *
   * @param work must be safe to run on several threads
   * @throws RuntimeException what {@code work} throws for the lowest index that fails, after the running work has ended
   */
  static void forEach(BatchWorkers workers, int count, IntConsumer work) {
    Shares shares = new Shares(count, work);
    List<Future<?>> helpers = new ArrayList<>();
    try {
      for (int i = 1; i < Math.min(count, workers.threads()); i++) {
        helpers.add(HELPERS.submit(shares));
      }
      shares.run();
    } finally {
      helpers.forEach(Shares::await);
    }
    for (RuntimeException failure : shares.failures) {
      if (failure != null) {
        throw failure;
      }
    }
  }

  /** Takes indices until there are none or one has failed: all below that one have been taken by then. */
  @Override
  public void run() {
    for (int i = next.getAndIncrement(); i < failures.length; i = next.getAndIncrement()) {
      try {
        work.accept(i);
      } catch (RuntimeException e) {
        failures[i] = e;
        next.set(failures.length);
      }
    }
  }

  /** Waits, whatever happens: arrays must not be freed under a thread that uses them. */
  private static void await(Future<?> helper) {
    try {
      Uninterruptibles.getUninterruptibly(helper);
    } catch (ExecutionException e) {
      Throwables.throwIfUnchecked(e.getCause());
      throw new IllegalStateException(e.getCause());
    }
  }
}
