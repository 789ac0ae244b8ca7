package io.modelweave.merge.engine;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.checkpoint.TensorInfo;

/**
 * One tensor of one checkpoint.
 *
 * @param checkpoint where it is
 * @param name what it is called there
 */
public record Source(Checkpoint checkpoint, String name) {

  /** Returns type and shape. */
  public TensorInfo info() {
    return checkpoint.info(name);
  }

  /** Returns where the checkpoint comes from, for messages. */
  public String origin() {
    return checkpoint.source();
  }

  /** Returns checkpoint and name, for messages. */
  public String describe() {
    return "\"%s\" of %s".formatted(name, checkpoint.source());
  }
}
