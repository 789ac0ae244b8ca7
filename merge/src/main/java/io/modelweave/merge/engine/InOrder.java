package io.modelweave.merge.engine;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * Runs actions one at a time and in the order of their numbers, from 0. A thread whose action comes too early leaves it to the thread
 * that runs those before, and goes on to something else.
 */
final class InOrder {

  private final int ahead;
  private final Map<Integer, Runnable> early = new HashMap<>();
  private int next;
  private boolean running;
  private boolean cancelled;

  /**
   * Creates an order.
   *
   * @param ahead how far a number may be ahead of its turn before its thread must wait, which bounds what actions hold in memory
   */
  InOrder(int ahead) {
    this.ahead = ahead;
  }

  /** Runs an action, at once or when all before have run, in this thread or in another that calls this. */
  void run(int index, Runnable action) {
    synchronized (this) {
      early.put(index, action);
      awaitRoom(index);
      if (running) {
        return;
      }
      running = true;
    }
    for (Runnable turn = take(); turn != null; turn = take()) {
      turn.run();
    }
  }

  private void awaitRoom(int index) {
    while (index > next + ahead && !cancelled) {
      try {
        wait();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CancellationException("interrupted while merging");
      }
    }
    if (cancelled) {
      throw new CancellationException("another chunk failed");
    }
  }

  /** Returns the action whose turn it is; null, and this thread is done, if it has not come yet. */
  private synchronized @Nullable Runnable take() {
    Runnable turn = early.remove(next);
    running = turn != null;
    next += running ? 1 : 0;
    notifyAll();
    return turn;
  }

  /** Lets all that wait fail. */
  synchronized void cancel() {
    cancelled = true;
    notifyAll();
  }
}
