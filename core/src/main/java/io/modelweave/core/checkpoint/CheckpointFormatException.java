package io.modelweave.core.checkpoint;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A file is not the checkpoint that it should be; the message has the path, the byte offset and what was expected there. */
public final class CheckpointFormatException extends IllegalArgumentException {

  private final Path path;
  private final long offset;

  CheckpointFormatException(Path path, long offset, String problem) {
    this(path, offset, problem, null);
  }

  /**
   * Creates an exception.
   *
   * @param path the file
   * @param offset where in the file the trouble was found, in bytes from its start
   * @param problem what was expected there, what was found, and what to do
   * @param cause what a reader of the format said, if one was asked
   */
  public CheckpointFormatException(Path path, long offset, String problem, @Nullable Throwable cause) {
    super("%s, byte %d: %s".formatted(path, offset, problem), cause);
    this.path = path;
    this.offset = offset;
  }

  /** Returns the file. */
  public Path path() {
    return path;
  }

  /** Returns where in the file the trouble was found, in bytes from its start. */
  public long offset() {
    return offset;
  }
}
