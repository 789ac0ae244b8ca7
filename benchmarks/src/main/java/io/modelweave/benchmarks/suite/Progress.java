package io.modelweave.benchmarks.suite;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** Says what goes on, and remembers what failed so that the rest can go on. */
final class Progress {

  private final PrintStream out;
  private final long start = System.nanoTime();
  private final List<String> problems = new ArrayList<>();

  Progress(PrintStream out) {
    this.out = out;
  }

  void say(String text) {
    long seconds = (System.nanoTime() - start) / 1_000_000_000;
    out.printf("%2d:%02d  %s%n", seconds / 60, seconds % 60, text);
  }

  /** Does one thing; a failure becomes a problem of that name. */
  void step(String name, Runnable work) {
    say(name);
    try {
      work.run();
    } catch (RuntimeException e) {
      problems.add("%s (%s)".formatted(name, e.getMessage()));
      say("  failed: " + e.getMessage());
    }
  }

  List<String> problems() {
    return List.copyOf(problems);
  }
}
