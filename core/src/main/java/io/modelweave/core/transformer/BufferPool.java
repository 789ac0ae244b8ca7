package io.modelweave.core.transformer;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.nd4j.autodiff.samediff.internal.memory.AbstractMemoryMgr;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.LongShapeDescriptor;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The memory of a recorded run: a buffer that no later operation reads serves the next result of its length, so that a run of {@code L}
 * blocks needs the memory of one, and of what is asked for.
 *
 * <p>Nothing is freed before {@link #close}: the operations of the recording keep pointing into these buffers.
 */
final class BufferPool extends AbstractMemoryMgr {

  /** Buffers are interchangeable if type and length agree. */
  private record Kind(DataType type, long length) {}

  private final Map<Kind, Deque<DataBuffer>> free = new HashMap<>();
  private final List<INDArray> owned = new ArrayList<>();
  private final Set<DataBuffer> reusable = Collections.newSetFromMap(new IdentityHashMap<>());

  @Override
  public INDArray allocate(boolean detached, DataType type, long... shape) {
    return allocate(type, shape, 'c');
  }

  @Override
  public INDArray allocate(boolean detached, LongShapeDescriptor descriptor) {
    return descriptor.isEmpty() ? Nd4j.create(descriptor) : allocate(descriptor.dataType(), descriptor.getShape(), descriptor.getOrder());
  }

  private INDArray allocate(DataType type, long[] shape, char order) {
    long length = 1;
    for (long size : shape) {
      length *= size;
    }
    Deque<DataBuffer> spare = free.get(new Kind(type, length));
    if (spare != null && !spare.isEmpty()) {
      return Nd4j.create(spare.pop(), shape, Nd4j.getStrides(shape, order), 0, order);
    }
    INDArray array = Nd4j.createUninitializedDetached(type, order, shape);
    if (length > 0) {
      owned.add(array);
      reusable.add(array.data());
    }
    return array;
  }

  /** Keeps the buffer of an array out of circulation: its value is read after the run, or must outlive it. */
  void pin(INDArray array) {
    reusable.remove(array.data());
  }

  @Override
  public void release(INDArray array) {
    DataBuffer buffer = array.data();
    if (reusable.contains(buffer)) { // else it is pinned, or a parameter that an operation handed through
      free.computeIfAbsent(new Kind(array.dataType(), array.length()), kind -> new ArrayDeque<>()).push(buffer);
    }
  }

  /** Returns the number of buffers. */
  int size() {
    return owned.size();
  }

  /** Frees all buffers. */
  @Override
  public void close() {
    owned.forEach(array -> {
      if (array.closeable()) {
        array.close();
      }
    });
    owned.clear();
    free.clear();
  }
}
