package io.modelweave.core.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Reads and writes whole buffers at a position of a file. */
final class FileBytes {

  /** For a buffer on the heap a channel makes a direct one of the same size; in pieces, that one stays small. */
  private static final int HEAP_PIECE = 1 << 20;

  private FileBytes() {}

  /** Fills a buffer and returns how many bytes the file had for it: fewer than asked for if it ended. */
  static long read(FileChannel file, ByteBuffer destination, long position) throws IOException {
    long done = 0;
    while (destination.hasRemaining()) {
      ByteBuffer piece = piece(destination);
      int count = file.read(piece, position + done);
      if (count < 0) {
        break;
      }
      destination.position(destination.position() + count);
      done += count;
    }
    return done;
  }

  /** Writes all remaining bytes of a buffer. */
  static void write(FileChannel file, ByteBuffer bytes, long position) throws IOException {
    long done = 0;
    while (bytes.hasRemaining()) {
      int count = file.write(piece(bytes), position + done);
      bytes.position(bytes.position() + count);
      done += count;
    }
  }

  private static ByteBuffer piece(ByteBuffer bytes) {
    int size = bytes.isDirect() ? bytes.remaining() : Math.min(bytes.remaining(), HEAP_PIECE);
    return bytes.slice(bytes.position(), size);
  }
}
