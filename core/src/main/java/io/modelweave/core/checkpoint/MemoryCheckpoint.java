package io.modelweave.core.checkpoint;

import io.modelweave.core.Checkpoint;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A checkpoint of arrays that it owns; made by {@link Checkpoint#of(Map)}. */
public final class MemoryCheckpoint implements Checkpoint {

  private final Map<String, INDArray> tensors;
  private final Map<String, String> tied;
  private final Map<String, String> metadata;
  private final String source;
  private volatile boolean closed;

  private MemoryCheckpoint(Map<String, INDArray> tensors, Map<String, String> metadata, String source) {
    this.tensors = tensors;
    this.tied = Collections.unmodifiableMap(tied(tensors));
    this.metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    this.source = source;
  }

  private static Map<String, String> tied(Map<String, INDArray> tensors) {
    Map<INDArray, String> firstName = new IdentityHashMap<>();
    Map<String, String> tied = new LinkedHashMap<>();
    tensors.forEach((name, array) -> {
      String first = firstName.putIfAbsent(array, name);
      if (first != null && !array.isEmpty()) { // ND4J hands out one and the same empty array to everybody
        tied.put(name, first);
      }
    });
    return tied;
  }

  /**
   * Returns a checkpoint of copies of the given arrays, as {@link Checkpoint#of(Map, Map)} describes.
   *
   * @throws IllegalArgumentException naming every array whose type no checkpoint holds
   */
  public static Checkpoint of(Map<String, INDArray> tensors, Map<String, String> metadata) {
    List<String> refused = new ArrayList<>();
    tensors.forEach((name, array) -> {
      if (ElementType.of(array.dataType()).isEmpty()) {
        refused.add("\"%s\" is %s".formatted(name, array.dataType()));
      }
    });
    if (!refused.isEmpty()) {
      throw new IllegalArgumentException("a checkpoint holds numbers and booleans, but " + String.join(", ", refused));
    }
    Map<INDArray, INDArray> copyOf = new IdentityHashMap<>();
    Map<String, INDArray> copies = new LinkedHashMap<>();
    tensors.forEach((name, array) -> copies.put(name, copyOf.computeIfAbsent(array, TensorBytes::copy)));
    return new MemoryCheckpoint(copies, metadata, "memory");
  }

  /**
   * Returns a copy of a checkpoint in memory, which no longer needs the original.
   *
   * @throws IllegalArgumentException if ND4J does not have the type of a tensor
   */
  public static Checkpoint copyOf(Checkpoint checkpoint) {
    Map<String, INDArray> copyOf = new HashMap<>();
    Map<String, INDArray> copies = new LinkedHashMap<>();
    for (String name : checkpoint.names()) {
      copies.put(name, copyOf.computeIfAbsent(checkpoint.tied().getOrDefault(name, name), checkpoint::tensor));
    }
    return new MemoryCheckpoint(copies, checkpoint.metadata(), "memory");
  }

  @Override
  public List<String> names() {
    return List.copyOf(tensors.keySet());
  }

  @Override
  public boolean contains(String name) {
    return tensors.containsKey(name);
  }

  @Override
  public TensorInfo info(String name) {
    return TensorBytes.info(name, array(name));
  }

  @Override
  public void read(String name, long offset, ByteBuffer destination) {
    INDArray array = array(name);
    if (closed) {
      throw new IllegalStateException("the checkpoint is closed");
    }
    TensorBytes.read(array, offset, destination);
  }

  @Override
  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public Map<String, String> tied() {
    return tied;
  }

  @Override
  public String source() {
    return source;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      tensors.values().stream().filter(array -> !array.wasClosed() && array.closeable()).forEach(INDArray::close);
    }
  }

  @Override
  public String toString() {
    return "Checkpoint[%d tensors, %s]".formatted(tensors.size(), source);
  }

  private INDArray array(String name) {
    INDArray array = tensors.get(name);
    if (array == null) {
      throw new MissingTensorException(source, name, tensors.keySet());
    }
    return array;
  }
}
