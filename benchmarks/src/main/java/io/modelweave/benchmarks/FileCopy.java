package io.modelweave.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What reading and writing files cost without looking at them: one buffer of 1 MiB, forced to the disk at the end. */
final class FileCopy {

  private static final int BUFFER = 1 << 20;

  private FileCopy() {}

  /** Reads all of a file and returns its length. */
  static long read(Path file) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
    long length = 0;
    try (FileChannel in = FileChannel.open(file)) {
      for (int read = in.read(buffer); read > 0; read = in.read(buffer.clear())) {
        length += read;
      }
    }
    return length;
  }

  /** Writes a copy, over what is there, and returns its length. */
  static long copy(Path from, Path to) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
    try (FileChannel in = FileChannel.open(from);
        FileChannel out = FileChannel.open(to, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
      while (in.read(buffer.clear()) > 0) {
        buffer.flip();
        while (buffer.hasRemaining()) {
          out.write(buffer);
        }
      }
      out.force(true);
      return out.size();
    }
  }
}
