package io.modelweave.merge.alignment;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.checkpoint.TensorInfo;
import io.modelweave.merge.alignment.TensorReordering.Labelled;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A checkpoint whose tensors are permuted when they are read; keeps the last one, since writers read in stretches. */
final class PermutedCheckpoint implements Checkpoint {

  private final Checkpoint original;
  private final Map<String, Permutation> permutations;
  private final Map<String, Map<Integer, Labelled>> axes = new HashMap<>();
  private @Nullable String kept;
  private ByteBuffer bytes = ByteBuffer.allocate(0);

  PermutedCheckpoint(Checkpoint original, Alignment alignment) {
    alignment.spec().requireFit(original);
    this.original = original;
    this.permutations = alignment.permutations();
    for (PermutationGroup group : alignment.spec().groups()) {
      for (PermutedAxis axis : group.axes()) {
        TensorInfo info = original.info(axis.tensor());
        if (info.type().bits() < Byte.SIZE) {
          throw new IllegalArgumentException("cannot permute \"%s\": elements of %s are smaller than a byte"
              .formatted(axis.tensor(), info.describe()));
        }
        axes.computeIfAbsent(axis.tensor(), t -> new HashMap<>()).put(axis.axis(), new Labelled(group.name(), axis));
      }
    }
  }

  @Override
  public List<String> names() {
    return original.names();
  }

  @Override
  public boolean contains(String name) {
    return original.contains(name);
  }

  @Override
  public TensorInfo info(String name) {
    return original.info(name);
  }

  @Override
  public synchronized void read(String name, long offset, ByteBuffer destination) {
    Map<Integer, Labelled> labelled = axes.get(name);
    if (labelled == null) {
      original.read(name, offset, destination);
      return;
    }
    if (offset < 0 || destination.remaining() > info(name).byteLength() - offset) {
      throw new IndexOutOfBoundsException("%d bytes from byte %d of a tensor of %d bytes"
          .formatted(destination.remaining(), offset, info(name).byteLength()));
    }
    if (!Objects.equals(kept, name)) {
      bytes = permuted(name, labelled);
      kept = name;
    }
    destination.put(bytes.slice((int) offset, destination.remaining()));
  }

  private ByteBuffer permuted(String name, Map<Integer, Labelled> labelled) {
    TensorInfo info = info(name);
    int width = info.type().bits() / Byte.SIZE;
    ByteBuffer from = original.raw(name);
    ByteBuffer to = ByteBuffer.allocate(from.capacity());
    TensorReordering.of(info, labelled, permutations)
        .forEachRun((source, target, length) -> to.put(target * width, from, source * width, length * width));
    return to;
  }

  @Override
  public Map<String, String> metadata() {
    Map<String, String> metadata = new LinkedHashMap<>(original.metadata());
    metadata.put("modelweave.permuted", String.join(", ", permutations.keySet()));
    return metadata;
  }

  @Override
  public String source() {
    return "permutation of " + original.source();
  }

  /** Does nothing: the original belongs to someone else. */
  @Override
  public void close() {}
}
