package io.modelweave.merge;

import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.merge.engine.NarrowFloat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Computes {@code (1 - alpha) * a + alpha * b} on the bytes of two tensors, stretch by stretch, through buffers of its own.
 *
 * <p>One multiplication each and one addition in double, then one rounding; plain loops, so that neither threads nor the tensor
 * library have a say in the result.
 */
final class TensorBlend {

  private static final int ELEMENTS = 1 << 14;

  /** Fills a buffer with the bytes of a tensor. */
  @FunctionalInterface
  interface Source {
    void read(long offset, ByteBuffer destination);
  }

  private final double alpha;
  private final ByteBuffer left = ByteBuffer.allocateDirect(ELEMENTS * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private final ByteBuffer right = ByteBuffer.allocateDirect(ELEMENTS * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);

  TensorBlend(double alpha) {
    this.alpha = alpha;
  }

  /** Returns whether two different tensors of a type have anything between them. */
  static boolean supports(ElementType type) {
    return switch (type) {
      case F16, BF16, F32, F64 -> true;
      default -> false;
    };
  }

  /** Fills {@code out} with the bytes of the result from {@code offset} on; both are whole elements. */
  synchronized void fill(ElementType type, Source a, Source b, long offset, ByteBuffer out) {
    if (alpha == 0 || !supports(type)) {
      a.read(offset, out);
    } else if (alpha == 1) {
      b.read(offset, out);
    } else {
      int width = type.bits() / Byte.SIZE;
      for (long at = offset; out.hasRemaining(); ) {
        int count = Math.min(ELEMENTS, out.remaining() / width);
        a.read(at, left.clear().limit(count * width));
        b.read(at, right.clear().limit(count * width));
        blend(type, count);
        out.put(left.clear().limit(count * width));
        at += (long) count * width;
      }
    }
  }

  /** Replaces the contents of {@code left}. */
  private void blend(ElementType type, int count) {
    left.flip();
    right.flip();
    switch (type) {
      case F16 -> blendNarrow(NarrowFloat.HALF, count);
      case BF16 -> blendNarrow(NarrowFloat.BFLOAT16, count);
      case F32 -> blendFloats(count);
      case F64 -> blendDoubles(count);
      default -> throw new AssertionError(type);
    }
  }

  private void blendNarrow(NarrowFloat format, int count) {
    short[] a = new short[count];
    short[] b = new short[count];
    left.asShortBuffer().get(a);
    right.asShortBuffer().get(b);
    double weightOfA = 1 - alpha;
    for (int i = 0; i < count; i++) {
      a[i] = format.fromDouble(weightOfA * format.toDouble(a[i]) + alpha * format.toDouble(b[i]));
    }
    left.asShortBuffer().put(a);
  }

  private void blendFloats(int count) {
    float[] a = new float[count];
    float[] b = new float[count];
    left.asFloatBuffer().get(a);
    right.asFloatBuffer().get(b);
    double weightOfA = 1 - alpha;
    for (int i = 0; i < count; i++) {
      a[i] = (float) (weightOfA * a[i] + alpha * b[i]);
    }
    left.asFloatBuffer().put(a);
  }

  /** Where both agree to the bit, so does the result: with no wider type to round from, the formula could be off by one ulp. */
  private void blendDoubles(int count) {
    double[] a = new double[count];
    double[] b = new double[count];
    left.asDoubleBuffer().get(a);
    right.asDoubleBuffer().get(b);
    double weightOfA = 1 - alpha;
    for (int i = 0; i < count; i++) {
      boolean agree = Double.doubleToRawLongBits(a[i]) == Double.doubleToRawLongBits(b[i]);
      a[i] = agree ? a[i] : weightOfA * a[i] + alpha * b[i];
    }
    left.asDoubleBuffer().put(a);
  }
}
