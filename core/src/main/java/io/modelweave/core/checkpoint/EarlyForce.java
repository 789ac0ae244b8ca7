package io.modelweave.core.checkpoint;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Has the system write to the disk while more is being computed: forcing 500 MB at the end takes a tenth of a second, and all wait. */
final class EarlyForce {

  private static final long STEP = 64L << 20;

  private final AtomicLong unforced = new AtomicLong();
  private CompletableFuture<Void> running = CompletableFuture.completedFuture(null);
  private volatile @Nullable IOException failure;

  /** Begins to force a file in the background if enough has been written since the last time. */
  void wrote(FileChannel file, int bytes) {
    if (unforced.addAndGet(bytes) >= STEP) {
      synchronized (this) {
        if (running.isDone() && unforced.get() >= STEP) {
          unforced.set(0);
          running = CompletableFuture.runAsync(() -> force(file));
        }
      }
    }
  }

  private void force(FileChannel file) {
    try {
      file.force(false);
    } catch (IOException e) {
      failure = e; // the system reports an error of the disk once only
    }
  }

  /** Waits for what runs; fails if any force has failed. */
  synchronized void await() throws IOException {
    running.join();
    IOException reason = failure;
    if (reason != null) {
      throw new IOException("an earlier part could not be forced to the disk: " + reason.getMessage(), reason);
    }
  }
}
