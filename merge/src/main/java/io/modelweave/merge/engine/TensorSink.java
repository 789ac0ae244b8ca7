package io.modelweave.merge.engine;

import java.nio.ByteBuffer;
import java.util.Optional;

/** Takes the output of a merge. */
public interface TensorSink {

  /** Returns what an earlier, interrupted run wrote of a tensor, if it is complete; then the tensor is not computed again. */
  default Optional<TensorReport> finished(String name) {
    return Optional.empty();
  }

  /**
   * Takes a stretch of a tensor; called from several threads, in any order, once for each byte.
   *
   * @param offset in bytes from the start of the tensor
   * @param bytes row-major elements, each little-endian; valid during the call only
   */
  void write(String name, long offset, ByteBuffer bytes);

  /** Returns whether the bytes go where their SHA-256 can be of use, to a file; the hash of a tensor takes as long as its arithmetic. */
  default boolean wantsHashes() {
    return true;
  }

  /** Is told that all bytes of a tensor have been written. */
  default void finish(TensorReport report) {}
}
