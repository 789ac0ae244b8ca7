package io.modelweave.core.checkpoint;

import static java.util.Objects.requireNonNull;

import io.modelweave.core.Checkpoint;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Says where and how a checkpoint is written; {@link #open} begins a streaming write, {@link #write} copies a whole checkpoint.
 *
 * <pre>{@code
 * try (CheckpointOutput out = CheckpointWriter.to(Path.of("merged")).shardBytes(2L << 30).metadata(provenance).open(tensors)) {
 *   out.write("embed.weight", 0, firstHalf);
 *   out.write("embed.weight", half, secondHalf);
 *   out.finish();
 * }
 * }</pre>
 *
 * <p>A path that ends in {@code .safetensors} becomes that one file. Any other path is a directory, created if absent: it gets {@code
 * model.safetensors}, or, where the tensors exceed {@link #shardBytes}, {@code model-00001-of-0000N.safetensors} and so on and {@code
 * model.safetensors.index.json}, the layout of transformers. The same tensors and settings always give the same bytes, in whatever
 * order and from whatever threads they are written. Immutable: each step returns a new writer.
 */
public final class CheckpointWriter {

  /** The default limit of one file, that of transformers. */
  public static final long DEFAULT_SHARD_BYTES = 5_000_000_000L;

  private final Path path;
  private final long shardBytes;
  private final Map<String, String> metadata;
  private final Map<String, String> tied;
  private final boolean overwrite;

  private CheckpointWriter(Path path, long shardBytes, Map<String, String> metadata, Map<String, String> tied, boolean overwrite) {
    this.path = path;
    this.shardBytes = shardBytes;
    this.metadata = metadata;
    this.tied = tied;
    this.overwrite = overwrite;
  }

  /** Returns a writer of one {@code .safetensors} file or of a directory, without metadata, that replaces nothing. */
  public static CheckpointWriter to(Path fileOrDirectory) {
    return new CheckpointWriter(requireNonNull(fileOrDirectory, "fileOrDirectory"), DEFAULT_SHARD_BYTES, Map.of(), Map.of(), false);
  }

  /**
   * Returns a writer that begins a new file of a directory where the next tensor would make one longer than this. A tensor that is
   * longer still gets a file of its own.
   *
   * @param bytes limit of the tensors of one file, without its header; {@value #DEFAULT_SHARD_BYTES} by default
   * @throws IllegalArgumentException if it is not positive, or the path is a single file
   */
  public CheckpointWriter shardBytes(long bytes) {
    if (bytes <= 0) {
      throw new IllegalArgumentException("shards of %d bytes; a limit is at least 1".formatted(bytes));
    }
    if (isFile()) {
      throw new IllegalArgumentException("%s is one file and cannot be sharded; name a directory instead".formatted(path));
    }
    return new CheckpointWriter(path, bytes, metadata, tied, overwrite);
  }

  /**
   * Returns a writer that puts this free text into the header of each file. Merged models should say {@code format=pt}: transformers 4
   * refuses a file that has metadata but not this entry.
   */
  public CheckpointWriter metadata(Map<String, String> text) {
    return new CheckpointWriter(path, shardBytes, Collections.unmodifiableMap(new LinkedHashMap<>(text)), tied, overwrite);
  }

  /**
   * Returns a writer that records other names of tensors, see {@link Checkpoint#tied()}: each tensor is written once.
   *
   * @param nameOfAlias the other name to the name of the tensor that is written
   */
  public CheckpointWriter tied(Map<String, String> nameOfAlias) {
    return new CheckpointWriter(path, shardBytes, metadata, Collections.unmodifiableMap(new LinkedHashMap<>(nameOfAlias)), overwrite);
  }

  /** Returns a writer that replaces the model that is there, if told to; it stays until the new one is complete on the disk. */
  public CheckpointWriter overwrite(boolean replace) {
    return new CheckpointWriter(path, shardBytes, metadata, tied, replace);
  }

  /**
   * Begins to write: lays out all files under hidden names and writes their headers. Nothing is visible until {@link
   * CheckpointOutput#finish}.
   *
   * @param tensors everything that will be written, in the order of the header and of the shards
   * @throws IllegalArgumentException naming every name that is there twice or that the format reserves, and every tie without a tensor
   * @throws UncheckedIOException if a model is there already and must stay (the cause is a {@link
   *     java.nio.file.FileAlreadyExistsException}), or the path cannot be written
   */
  public CheckpointOutput open(Collection<TensorInfo> tensors) {
    List<TensorInfo> all = List.copyOf(tensors);
    List<String> problems = problems(all);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException("cannot write %s: %s".formatted(path, String.join("; ", problems)));
    }
    Map<String, String> text = new LinkedHashMap<>(metadata);
    text.putAll(tied);
    return CheckpointOutput.open(path, isFile() ? Shards.single(path, all) : Shards.inDirectory(path, all, shardBytes), text, overwrite);
  }

  /**
   * Writes all tensors of a checkpoint bit for bit, tied ones once, with its metadata and, over them, those of this writer.
   *
   * @return the files, as {@link CheckpointOutput#finish} does
   * @throws UncheckedIOException as {@link #open} does, or if a tensor cannot be read or written; then nothing is left behind
   */
  public List<Path> write(Checkpoint checkpoint) {
    Map<String, String> text = new LinkedHashMap<>(checkpoint.metadata());
    text.putAll(metadata);
    Map<String, String> ties = new LinkedHashMap<>(checkpoint.tied());
    ties.putAll(tied);
    List<TensorInfo> stored = checkpoint.names().stream().filter(name -> !ties.containsKey(name)).map(checkpoint::info).toList();
    try (CheckpointOutput out = metadata(text).tied(ties).open(stored)) {
      out.copyAll(checkpoint, stored);
      return out.finish();
    }
  }

  private boolean isFile() {
    return path.toString().endsWith(".safetensors");
  }

  private List<String> problems(List<TensorInfo> tensors) {
    List<String> problems = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (TensorInfo info : tensors) {
      if (!names.add(info.name())) {
        problems.add("two tensors are called \"%s\"".formatted(info.name()));
      }
    }
    if (names.contains(SafetensorsHeader.METADATA)) {
      problems.add("a tensor cannot be called \"%s\": the file format reserves that name".formatted(SafetensorsHeader.METADATA));
    }
    tied.forEach((alias, name) -> {
      if (names.contains(alias) || !names.contains(name) || metadata.containsKey(alias) || !Ties.allows(alias)) {
        problems.add("\"%s\" is tied to \"%s\", but %s".formatted(alias, name, names.contains(alias) ? "is a tensor of its own"
            : names.contains(name) ? "that is a name of the metadata; tie another name" : "there is no such tensor"));
      }
    });
    return problems;
  }
}
