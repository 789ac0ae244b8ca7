package io.modelweave.examples.paper.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** One thread a core for pieces of work that do not depend on each other. */
final class Workers implements AutoCloseable {

  private final ExecutorService threads = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors(), job -> {
    Thread thread = new Thread(job, "worker");
    thread.setDaemon(true);
    return thread;
  });

  /** Returns the results in the order of the jobs. */
  <T> List<T> all(List<? extends Callable<? extends T>> jobs) {
    List<Future<? extends T>> running = new ArrayList<>();
    jobs.forEach(job -> running.add(threads.submit(job)));
    List<T> results = new ArrayList<>();
    for (Future<? extends T> future : running) {
      try {
        results.add(future.get());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      } catch (ExecutionException e) {
        if (e.getCause() instanceof RuntimeException failure) {
          throw failure;
        }
        throw new IllegalStateException("a piece of work failed", e.getCause());
      }
    }
    return results;
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
