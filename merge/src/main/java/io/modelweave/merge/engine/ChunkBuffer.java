package io.modelweave.merge.engine;

import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.merge.method.Chunk;
import io.modelweave.merge.method.TensorContext;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One thread's window onto a tensor: of a stretch, each input is read in one piece when it is first asked for; of a chunk, it is turned
 * into numbers when it is first asked for. Buffers are reused.
 */
final class ChunkBuffer implements Chunk {

  static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

  private final ElementCodec codec = new ElementCodec();
  private final List<Window> windows = new ArrayList<>();
  private final List<double[]> inputs = new ArrayList<>();
  private final List<double[]> deltas = new ArrayList<>();
  private final List<double[]> scratch = new ArrayList<>();
  private final BitSet loadedWindows = new BitSet();
  private final BitSet loadedInputs = new BitSet();
  private final BitSet loadedDeltas = new BitSet();
  private double[] result = new double[0];
  private @Nullable Stretch stretch;
  private int ordinal;
  private long start;
  private int length;

  /** Turns to a stretch; {@link #moveTo} comes next. */
  void begin(Stretch next) {
    stretch = next;
    loadedWindows.clear();
  }

  /** Turns to a chunk of the stretch, counted from 0 in its tensor. */
  void moveTo(int index) {
    TensorContext context = tensor();
    ordinal = context.firstChunk() + index;
    start = (long) index * context.chunkLength();
    length = (int) Math.min(context.chunkLength(), context.length() - start);
    loadedInputs.clear();
    loadedDeltas.clear();
  }

  private Stretch stretch() {
    if (stretch == null) {
      throw new IllegalStateException("begin comes first");
    }
    return stretch;
  }

  @Override
  public TensorContext tensor() {
    return stretch().tensor().context();
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
    return input(index + 1, stretch().tensor().job().models().get(index));
  }

  @Override
  public double[] base() {
    Source base = stretch().tensor().job().base();
    if (base == null) {
      throw new IllegalStateException("\"%s\" has no base".formatted(tensor().name()));
    }
    return input(0, base);
  }

  @Override
  public double[] delta(int index) {
    double[] out = array(deltas, index);
    if (!loadedDeltas.get(index)) {
      subtract(model(index), base(), out, length);
      loadedDeltas.set(index);
    }
    return out;
  }

  private static void subtract(double[] a, double[] b, double[] out, int length) {
    for (int i = 0; i < length; i++) {
      out[i] = a[i] - b[i];
    }
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

  /** Rounds the result of a chunk to its place in the output of the stretch. */
  void encode(ElementType type, ByteBuffer output) {
    codec.encode(type, result, length, slice(output, type.bits() / Byte.SIZE));
  }

  /** Returns how many elements of what {@link #encode} has written are not finite. */
  long nonFiniteOutput(ElementType type, ByteBuffer output) {
    double[] rounded = new double[length];
    codec.decode(type, slice(output, type.bits() / Byte.SIZE), rounded, length);
    return ElementCodec.nonFinite(rounded, length);
  }

  private double[] input(int slot, Source source) {
    if (loadedInputs.get(slot)) {
      return inputs.get(slot);
    }
    Window window = window(slot, source);
    double[] out = array(inputs, slot);
    codec.decode(window.type, slice(window.bytes, window.width()), out, length);
    loadedInputs.set(slot);
    return out;
  }

  private Window window(int slot, Source source) {
    while (windows.size() <= slot) {
      windows.add(new Window());
    }
    Window window = windows.get(slot);
    if (!loadedWindows.get(slot)) {
      window.type = source.info().type();
      window.bytes = empty(window.bytes, stretch().length() * window.width());
      source.checkpoint().read(source.name(), stretch().start() * window.width(), window.bytes);
      loadedWindows.set(slot);
    }
    return window;
  }

  /** The bytes of one input in a stretch. */
  private static final class Window {

    private ElementType type = ElementType.F32;
    private ByteBuffer bytes = NOTHING;

    private int width() {
      return type.bits() / Byte.SIZE;
    }
  }

  /** Returns the place of the chunk in a buffer of the stretch. */
  private ByteBuffer slice(ByteBuffer window, int width) {
    return window.slice((int) (start - stretch().start()) * width, length * width).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Returns the buffer, or a larger one, empty and ready for so many bytes. */
  static ByteBuffer empty(ByteBuffer buffer, int bytes) {
    ByteBuffer enough = buffer.capacity() < bytes ? ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN) : buffer;
    return enough.clear().limit(bytes);
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
