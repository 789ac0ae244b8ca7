package io.modelweave.merge.engine;

import io.modelweave.core.checkpoint.ElementType;
import java.nio.ByteBuffer;

/** Little-endian bytes to doubles, exactly, and back, by one rounding to nearest even. One thread's own: it keeps buffers. */
final class ElementCodec {

  private float[] floats = new float[0];
  private short[] shorts = new short[0];

  /** Returns whether arithmetic on a type is offered. */
  static boolean supports(ElementType type) {
    return switch (type) {
      case F16, BF16, F32, F64 -> true;
      default -> false;
    };
  }

  void decode(ElementType type, ByteBuffer bytes, double[] out, int length) {
    switch (type) {
      case F64 -> bytes.asDoubleBuffer().get(out, 0, length);
      case F32 -> {
        float[] values = floats(length);
        bytes.asFloatBuffer().get(values, 0, length);
        widen(values, out, length);
      }
      case BF16 -> {
        short[] values = shorts(length);
        bytes.asShortBuffer().get(values, 0, length);
        widenUpperHalves(values, out, length);
      }
      case F16 -> {
        short[] values = shorts(length);
        bytes.asShortBuffer().get(values, 0, length);
        for (int i = 0; i < length; i++) {
          out[i] = NarrowFloat.HALF.toDouble(values[i]);
        }
      }
      default -> throw new AssertionError(type);
    }
  }

  /** Writes numbers to the start of a buffer and returns how many of them, once rounded, are not finite. */
  long encode(ElementType type, double[] values, int length, ByteBuffer bytes) {
    return switch (type) {
      case F64 -> {
        bytes.asDoubleBuffer().put(values, 0, length);
        yield nonFinite(values, length);
      }
      case F32 -> {
        float[] rounded = floats(length);
        round(values, rounded, length);
        bytes.asFloatBuffer().put(rounded, 0, length);
        yield nonFinite(rounded, length);
      }
      case BF16 -> encodeNarrow(NarrowFloat.BFLOAT16, values, length, bytes);
      case F16 -> encodeNarrow(NarrowFloat.HALF, values, length, bytes);
      default -> throw new AssertionError(type);
    };
  }

  // Each loop is a method of its own: small methods are compiled early, and a merge may last for a second only.

  private static void widen(float[] values, double[] out, int length) {
    for (int i = 0; i < length; i++) {
      out[i] = values[i];
    }
  }

  private static void widenUpperHalves(short[] values, double[] out, int length) {
    for (int i = 0; i < length; i++) {
      out[i] = Float.intBitsToFloat(values[i] << Short.SIZE);
    }
  }

  private static void round(double[] values, float[] out, int length) {
    for (int i = 0; i < length; i++) {
      out[i] = (float) values[i];
    }
  }

  private static long nonFinite(float[] values, int length) {
    int count = 0;
    for (int i = 0; i < length; i++) {
      count += Math.abs(values[i]) <= Float.MAX_VALUE ? 0 : 1;
    }
    return count;
  }

  private long encodeNarrow(NarrowFloat format, double[] values, int length, ByteBuffer bytes) {
    short[] rounded = shorts(length);
    int infinity = ((1 << format.exponentBits()) - 1) << format.fractionBits();
    long count = 0;
    for (int i = 0; i < length; i++) {
      rounded[i] = format.fromDouble(values[i]);
      count += (rounded[i] & Short.MAX_VALUE) >= infinity ? 1 : 0;
    }
    bytes.asShortBuffer().put(rounded, 0, length);
    return count;
  }

  static long nonFinite(double[] values, int length) {
    long count = 0;
    for (int i = 0; i < length; i++) {
      count += Math.abs(values[i]) <= Double.MAX_VALUE ? 0 : 1;
    }
    return count;
  }

  private float[] floats(int length) {
    if (floats.length < length) {
      floats = new float[length];
    }
    return floats;
  }

  private short[] shorts(int length) {
    if (shorts.length < length) {
      shorts = new short[length];
    }
    return shorts;
  }
}
