package io.modelweave.merge;

import io.modelweave.core.checkpoint.ElementType;
import io.modelweave.merge.engine.ElementCodec;
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
  // Made when they are first needed and kept: new memory costs more than the arithmetic.
  private final ElementCodec codec = new ElementCodec();
  private ByteBuffer left = ByteBuffer.allocateDirect(0);
  private ByteBuffer right = left;
  private double[] a = {};
  private double[] b = {};

  TensorBlend(double alpha) {
    this.alpha = alpha;
  }

  /** Returns whether two different tensors of a type have anything between them. */
  static boolean supports(ElementType type) {
    return ElementCodec.supports(type);
  }

  /** Fills {@code out} with the bytes of the result from {@code offset} on; both are whole elements. */
  synchronized void fill(ElementType type, Source sourceOfA, Source sourceOfB, long offset, ByteBuffer out) {
    if (alpha == 0 || !supports(type)) {
      sourceOfA.read(offset, out);
    } else if (alpha == 1) {
      sourceOfB.read(offset, out);
    } else {
      int width = type.bits() / Byte.SIZE;
      for (long at = offset; out.hasRemaining(); ) {
        int count = Math.min(ELEMENTS, out.remaining() / width);
        reserve(count, width);
        sourceOfA.read(at, left.clear().limit(count * width));
        sourceOfB.read(at, right.clear().limit(count * width));
        codec.decode(type, left.flip(), a, count);
        codec.decode(type, right.flip(), b, count);
        if (type == ElementType.F64) {
          blendDoubles(a, b, alpha, count);
        } else {
          blend(a, b, alpha, count);
        }
        codec.encode(type, a, count, left.clear());
        out.put(left.clear().limit(count * width));
        at += (long) count * width;
      }
    }
  }

  private void reserve(int count, int width) {
    if (left.capacity() < count * width) {
      left = ByteBuffer.allocateDirect(count * width).order(ByteOrder.LITTLE_ENDIAN);
      right = ByteBuffer.allocateDirect(count * width).order(ByteOrder.LITTLE_ENDIAN);
    }
    if (a.length < count) {
      a = new double[count];
      b = new double[count];
    }
  }

  private static void blend(double[] a, double[] b, double alpha, int count) {
    double weightOfA = 1 - alpha;
    for (int i = 0; i < count; i++) {
      a[i] = weightOfA * a[i] + alpha * b[i];
    }
  }

  /** Where both agree to the bit, so does the result: with no wider type to round from, the formula could be off by one ulp. */
  private static void blendDoubles(double[] a, double[] b, double alpha, int count) {
    double weightOfA = 1 - alpha;
    for (int i = 0; i < count; i++) {
      boolean agree = Double.doubleToRawLongBits(a[i]) == Double.doubleToRawLongBits(b[i]);
      a[i] = agree ? a[i] : weightOfA * a[i] + alpha * b[i];
    }
  }
}
