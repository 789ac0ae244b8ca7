package io.modelweave.merge.engine;

import io.modelweave.merge.method.Chunk;
import io.modelweave.merge.method.TensorContext;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** One thread's window onto a tensor: a stretch of each input is read when it is first asked for. Buffers are reused. */
final class ChunkBuffer implements Chunk {

  private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

  private final ElementCodec codec = new ElementCodec();
  private final List<double[]> inputs = new ArrayList<>();
  private final List<double[]> deltas = new ArrayList<>();
  private final List<double[]> scratch = new ArrayList<>();
  private final BitSet loadedInputs = new BitSet();
  private final BitSet loadedDeltas = new BitSet();
  private ByteBuffer bytes = NOTHING;
  private double[] result = new double[0];
  private PlannedTensor planned;
  private int ordinal;
  private long start;
  private int length;

  ChunkBuffer(PlannedTensor first) {
    this.planned = first;
  }

  /** Turns to a chunk, counted from 0 in its tensor. */
  void moveTo(PlannedTensor tensor, int index) {
    planned = tensor;
    TensorContext context = tensor.context();
    ordinal = context.firstChunk() + index;
    start = (long) index * context.chunkLength();
    length = (int) Math.min(context.chunkLength(), context.length() - start);
    loadedInputs.clear();
    loadedDeltas.clear();
  }

  @Override
  public TensorContext tensor() {
    return planned.context();
  }

  @Override
  public int ordinal() {
    return ordinal;
  }

  @Override
  public long start() {
    return start;
  }

  @Override
  public int length() {
    return length;
  }

  @Override
  public double[] model(int index) {
    return input(index + 1, planned.job().models().get(index));
  }

  @Override
  public double[] base() {
    Source base = planned.job().base();
    if (base == null) {
      throw new IllegalStateException("\"%s\" has no base".formatted(planned.job().name()));
    }
    return input(0, base);
  }

  @Override
  public double[] delta(int index) {
    double[] out = array(deltas, index);
    if (!loadedDeltas.get(index)) {
      double[] a = model(index);
      double[] b = base();
      for (int i = 0; i < length; i++) {
        out[i] = a[i] - b[i];
      }
      loadedDeltas.set(index);
    }
    return out;
  }

  @Override
  public double[] scratch(int index) {
    return array(scratch, index);
  }

  /** Returns where a result is computed, before it is rounded. */
  double[] result() {
    if (result.length < length) {
      result = new double[capacity()];
    }
    return result;
  }

  ElementCodec codec() {
    return codec;
  }

  /** Returns an empty little-endian buffer for so many bytes. */
  ByteBuffer bytes(int count) {
    if (bytes.capacity() < count) {
      bytes = ByteBuffer.allocateDirect(count).order(ByteOrder.LITTLE_ENDIAN);
    }
    return bytes.clear().limit(count);
  }

  private double[] input(int slot, Source source) {
    double[] out = array(inputs, slot);
    if (!loadedInputs.get(slot)) {
      var type = source.info().type();
      int width = type.bits() / Byte.SIZE;
      ByteBuffer buffer = bytes(length * width);
      source.checkpoint().read(source.name(), start * width, buffer);
      codec.decode(type, buffer.flip(), out, length);
      loadedInputs.set(slot);
    }
    return out;
  }

  private double[] array(List<double[]> arrays, int index) {
    while (arrays.size() <= index) {
      arrays.add(new double[0]);
    }
    if (arrays.get(index).length < length) {
      arrays.set(index, new double[capacity()]);
    }
    return arrays.get(index);
  }

  private int capacity() {
    return Math.max(length, StreamingMerge.CHUNK);
  }
}
