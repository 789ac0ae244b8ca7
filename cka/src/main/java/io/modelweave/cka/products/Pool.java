package io.modelweave.cka.products;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Memory that waits to be used again: what a thread gave back last comes first, which is in the cache of its core. Safe for threads.
 *
 * @param <T> what holds the memory
 */
final class Pool<T> {

  private final Deque<Free<T>> free = new ArrayDeque<>();
  private final long mostBytes;
  private final ToLongFunction<T> bytes;
  private final Consumer<T> release;
  private long freeBytes;

  private record Free<T>(T memory, Thread last) {}

  /**
   * Makes an empty pool.
   *
   * @param mostBytes that wait at once
   * @param bytes how many something holds
   * @param release what is done with memory beyond that
   */
  Pool(long mostBytes, ToLongFunction<T> bytes, Consumer<T> release) {
    this.mostBytes = mostBytes;
    this.bytes = bytes;
    this.release = release;
  }

  /** Takes out what fits: of this thread, else of another; nothing if there is none. */
  synchronized @Nullable T take(Predicate<T> fits) {
    Free<T> first = null;
    for (Free<T> candidate : free) {
      if (fits.test(candidate.memory())) {
        first = first == null ? candidate : first;
        if (candidate.last() == Thread.currentThread()) {
          return remove(candidate);
        }
      }
    }
    return first == null ? null : remove(first);
  }

  private T remove(Free<T> taken) {
    free.removeIf(candidate -> candidate == taken);
    freeBytes -= bytes.applyAsLong(taken.memory());
    return taken.memory();
  }

  /** Takes something back that nobody uses any more. */
  synchronized void give(T memory) {
    free.push(new Free<>(memory, Thread.currentThread()));
    freeBytes += bytes.applyAsLong(memory);
    while (freeBytes > mostBytes) {
      T oldest = free.removeLast().memory();
      freeBytes -= bytes.applyAsLong(oldest);
      release.accept(oldest);
    }
  }
}
