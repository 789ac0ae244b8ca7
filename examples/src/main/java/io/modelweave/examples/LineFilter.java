package io.modelweave.examples;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What libraries print to standard output, sent elsewhere without the lines that nobody asked for.
 *
 * <p>ND4J's SameDiff prints a line for each gradient that it builds, {@code Added differentiated op ...}, straight to
 * {@code System.out} and has no switch for it. Results of a command must be alone on standard output, so {@code System.out} is
 * one of these while a command runs and commands write to the stream that it was before.
 */
final class LineFilter extends OutputStream {

  private static final List<String> NOISE = List.of("Added differentiated op ");

  private final PrintStream target;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();

  LineFilter(PrintStream target) {
    this.target = target;
  }

  @Override
  public synchronized void write(int b) {
    line.write(b);
    if (b == '\n') {
      endLine();
    }
  }

  @Override
  public synchronized void write(byte[] bytes, int offset, int length) {
    for (int i = offset; i < offset + length; i++) {
      write(bytes[i]);
    }
  }

  /** Ends a line that has no line end yet. */
  @Override
  public synchronized void close() {
    if (line.size() > 0) {
      endLine();
    }
    target.flush();
  }

  private void endLine() {
    String text = line.toString(StandardCharsets.UTF_8);
    line.reset();
    if (NOISE.stream().noneMatch(text::startsWith)) {
      target.println(text.stripTrailing());
    }
  }
}
