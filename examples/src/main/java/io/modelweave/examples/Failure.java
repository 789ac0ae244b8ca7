package io.modelweave.examples;

import java.io.FileNotFoundException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import org.jspecify.annotations.Nullable;

/**
 * Why a command failed: its exit code and one sentence.
 *
 * @param exitCode 2 if the request or an input is wrong, 1 for anything else
 * @param sentence one line for standard error
 */
record Failure(int exitCode, String sentence) {

  static final int WRONG_INPUT = 2;
  static final int BROKEN = 1;
  static final String TRACE_VARIABLE = "MODELWEAVE_TRACE";

  static Failure of(Throwable thrown) {
    if (thrown instanceof UncheckedIOException io && io.getCause() != null) {
      return new Failure(WRONG_INPUT, sentence(io.getCause()));
    }
    if (thrown instanceof FileSystemException || thrown instanceof FileNotFoundException) {
      return new Failure(WRONG_INPUT, sentence(thrown));
    }
    if (thrown instanceof IllegalArgumentException && thrown.getMessage() != null) {
      return new Failure(WRONG_INPUT, oneLine(thrown.getMessage()));
    }
    return new Failure(BROKEN, "%s: %s (add --trace or set %s=1 to see where)"
        .formatted(thrown.getClass().getName(), oneLine(thrown.getMessage()), TRACE_VARIABLE));
  }

  private static String sentence(Throwable io) {
    if (io instanceof FileSystemException file && file.getReason() != null) {
      return "%s: %s".formatted(file.getFile(), oneLine(file.getReason()));
    }
    String message = oneLine(io.getMessage());
    if (io instanceof NoSuchFileException) {
      return "no such file: " + message;
    }
    if (io instanceof AccessDeniedException) {
      return "not allowed to read or write: " + message;
    }
    if (io instanceof FileAlreadyExistsException) {
      return "there is already a file: " + message;
    }
    if (io instanceof NotDirectoryException) {
      return "not a directory: " + message;
    }
    return message;
  }

  static String oneLine(@Nullable String message) {
    return message == null ? "no message" : message.strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
