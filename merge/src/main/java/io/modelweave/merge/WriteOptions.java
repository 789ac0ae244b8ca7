package io.modelweave.merge;

import io.modelweave.core.checkpoint.CheckpointWriter;

/**
 * How the output of a merge is written.
 *
 * @param shardBytes where a directory begins its next file, see {@link CheckpointWriter#shardBytes}
 * @param overwrite whether a model that is there may be replaced; it stays until the new one is complete
 * @param resume what to do about a merge that was interrupted
 */
public record WriteOptions(long shardBytes, boolean overwrite, Resume resume) {

  /** What survives if the process is killed. */
  public enum Resume {
    /** Nothing: the next run starts anew. The fastest. */
    OFF,
    /** Every finished tensor: the next run goes on from there, and refuses to if it is another merge. Everything is written twice. */
    CONTINUE,
    /** As {@link #CONTINUE}, but what an earlier run left is thrown away. */
    RESTART
  }

  /** Returns shards of 5 GB, nothing replaced, nothing resumed. */
  public static WriteOptions defaults() {
    return new WriteOptions(CheckpointWriter.DEFAULT_SHARD_BYTES, false, Resume.OFF);
  }

  /** Returns the same with another size of files. */
  public WriteOptions withShardBytes(long bytes) {
    return new WriteOptions(bytes, overwrite, resume);
  }

  /** Returns the same with another rule for a model that is there. */
  public WriteOptions withOverwrite(boolean replace) {
    return new WriteOptions(shardBytes, replace, resume);
  }

  /** Returns the same with another rule for interrupted merges. */
  public WriteOptions withResume(Resume rule) {
    return new WriteOptions(shardBytes, overwrite, rule);
  }
}
