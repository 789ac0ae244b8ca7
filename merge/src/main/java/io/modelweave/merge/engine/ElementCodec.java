package io.modelweave.merge.engine;

import io.modelweave.core.checkpoint.ElementType;
import java.nio.ByteBuffer;

/** Little-endian bytes to doubles, exactly, and back, by one rounding to nearest even. One thread's own: it keeps buffers. */
public final class ElementCodec {

  private float[] floats = new float[0];
  private short[] shorts = new short[0];

  /** Returns whether arithmetic on a type is offered. */
  public static boolean supports(ElementType type) {
    return switch (type) {
      case F16, BF16, F32, F64 -> true;
      default -> false;
    };
  }

  /**
   * Reads the first numbers of a buffer.
   *
   * @param out its first {@code length} elements are written
   */
  public void decode(ElementType type, ByteBuffer bytes, double[] out, int length) {
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

  /** Writes numbers to the start of a buffer. */
  public void encode(ElementType type, double[] values, int length, ByteBuffer bytes) {
    switch (type) {
      case F64 -> bytes.asDoubleBuffer().put(values, 0, length);
      case F32 -> {
        float[] rounded = floats(length);
        round(values, rounded, length);
        bytes.asFloatBuffer().put(rounded, 0, length);
      }
      case BF16, F16 -> {
        short[] rounded = shorts(length);
        if (type == ElementType.BF16) {
          roundToUpperHalves(values, rounded, length);
        } else {
          roundToHalves(values, rounded, length);
        }
        bytes.asShortBuffer().put(rounded, 0, length);
      }
      default -> throw new AssertionError(type);
    }
  }

  /** Returns the largest finite number of a type. */
  static double largest(ElementType type) {
    return switch (type) {
      case F64 -> Double.MAX_VALUE;
      case F32 -> Float.MAX_VALUE;
      case BF16 -> NarrowFloat.BFLOAT16.toDouble((short) 0x7f7f);
      case F16 -> NarrowFloat.HALF.toDouble((short) 0x7bff);
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

  private static void roundToUpperHalves(double[] values, short[] out, int length) {
    for (int i = 0; i < length; i++) {
      out[i] = NarrowFloat.BFLOAT16.fromDouble(values[i]);
    }
  }

  private static void roundToHalves(double[] values, short[] out, int length) {
    for (int i = 0; i < length; i++) {
      out[i] = NarrowFloat.HALF.fromDouble(values[i]);
    }
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
