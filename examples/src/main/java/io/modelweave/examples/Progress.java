package io.modelweave.examples;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * How far a long task is, on standard error: a bar on a terminal, else a line for every tenth of the work and no more than one
 * every two seconds. The system property {@code modelweave.progress} ({@code bar}, {@code lines} or {@code off}) decides
 * instead where set.
 *
 * <pre>{@code
 * try (Progress progress = Progress.of("pretrain", 400)) {
 *   progress.step("loss 1.23");
 * }
 * }</pre>
 *
 * <p>Safe for use by several threads.
 */
public final class Progress implements AutoCloseable {

  private static final long BETWEEN_LINES = Duration.ofSeconds(2).toNanos();
  private static final int WIDTH = 100;

  private final String task;
  private final long total;
  private final PrintStream out;
  private final String mode;
  private final @Nullable ProgressBar bar;
  private final long started = System.nanoTime();
  private long lastLine = started;
  private long lastTenth;
  private long done;
  private String message = "";

  Progress(String task, long total, PrintStream out, String mode) {
    if (total < 0) {
      throw new IllegalArgumentException("task \"%s\" has %d steps".formatted(task, total));
    }
    this.task = task;
    this.total = total;
    this.out = out;
    this.mode = mode;
    this.bar = mode.equals("bar") && total > 0
        ? new ProgressBarBuilder().setTaskName(task).setInitialMax(total).setStyle(ProgressBarStyle.ASCII).setUpdateIntervalMillis(200)
            .setConsumer(new ConsoleProgressBarConsumer(out, WIDTH)).build()
        : null;
  }

  /**
   * Returns the progress of a task that begins now.
   *
   * @param total how many steps it has
   * @throws IllegalArgumentException if {@code total} is negative
   */
  public static Progress of(String task, long total) {
    String mode = System.getProperty("modelweave.progress", "");
    return new Progress(task, total, System.err, mode.isEmpty() ? onTerminal() ? "bar" : "lines" : mode);
  }

  private static boolean onTerminal() {
    // Java tells of standard input and output only; on Linux the file behind standard error can be seen.
    Path standardError = Path.of("/proc/self/fd/2");
    try {
      return Files.isSymbolicLink(standardError) ? Files.readSymbolicLink(standardError).startsWith("/dev/pts") : System.console() != null;
    } catch (IOException | SecurityException e) {
      return false;
    }
  }

  /** Counts one step. */
  public void step() {
    step(message);
  }

  /** Counts one step and shows a short message from now on, such as the current loss. */
  public void step(String newMessage) {
    advance(1, newMessage);
  }

  /** Counts so many steps, of which all but the last may have been done before an interruption, and shows a message. */
  public synchronized void advance(int steps, String newMessage) {
    message = newMessage;
    done += steps;
    if (bar != null) {
      bar.setExtraMessage(" " + newMessage);
      bar.stepBy(steps);
    } else if (mode.equals("lines")) {
      long tenth = total == 0 ? 0 : done * 10 / total;
      if (tenth > lastTenth && done < total && System.nanoTime() - lastLine > BETWEEN_LINES) {
        lastTenth = tenth;
        lastLine = System.nanoTime();
        out.printf("%s %d/%d %s%n", task, done, total, message);
      }
    }
  }

  /** Shows where the task ended, and after how long; nothing, if there was nothing to do. */
  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    } else if (mode.equals("lines") && total > 0) {
      out.printf(java.util.Locale.ROOT, "%s %d/%d %s (%.1f s)%n", task, done, total, message, (System.nanoTime() - started) / 1e9);
    }
  }
}
