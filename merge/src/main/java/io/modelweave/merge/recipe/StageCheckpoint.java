package io.modelweave.merge.recipe;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.checkpoint.MissingTensorException;
import io.modelweave.core.checkpoint.TensorInfo;
import io.modelweave.merge.MergePlan;
import io.modelweave.merge.WriteOptions;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The output of a recipe that a later one uses: types and shapes are known before it is computed. */
final class StageCheckpoint implements Checkpoint {

  private final String name;
  private final MergePlan merge;
  private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
  private @Nullable Checkpoint computed;

  StageCheckpoint(String name, MergePlan merge) {
    this.name = name;
    this.merge = merge;
    merge.tensors().forEach(info -> tensors.put(info.name(), info));
  }

  /** Computes the tensors in memory. */
  void compute() {
    computed = merge.merge();
  }

  /** Computes the tensors in constant memory. */
  void compute(Path directory) {
    merge.writeTo(directory, WriteOptions.defaults());
    computed = Checkpoint.open(directory);
  }

  @Override
  public List<String> names() {
    return List.copyOf(tensors.keySet());
  }

  @Override
  public boolean contains(String tensor) {
    return tensors.containsKey(tensor);
  }

  @Override
  public TensorInfo info(String tensor) {
    TensorInfo info = tensors.get(tensor);
    if (info == null) {
      throw new MissingTensorException(source(), tensor, tensors.keySet());
    }
    return info;
  }

  @Override
  public void read(String tensor, long offset, ByteBuffer destination) {
    if (computed == null) {
      throw new IllegalStateException("%s is not computed yet".formatted(source()));
    }
    computed.read(tensor, offset, destination);
  }

  @Override
  public Map<String, String> metadata() {
    return Map.of();
  }

  @Override
  public String source() {
    return "recipe " + name;
  }

  @Override
  public void close() {
    if (computed != null) {
      computed.close();
      computed = null;
    }
  }
}
