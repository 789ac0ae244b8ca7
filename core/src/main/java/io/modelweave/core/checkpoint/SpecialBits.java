package io.modelweave.core.checkpoint;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * How a floating-point type writes what is not a finite number: a value is not finite if {@code (bits & mask) == pattern}; it is then
 * infinite if the type has infinities and no bit of the fraction is set, and NaN otherwise.
 *
 * <p>Sources: IEEE 754-2019 (F64, F32, F16); Micikevicius et al. 2022, "FP8 formats for deep learning" (F8_E4M3, F8_E5M2); Noune et al.
 * 2022, "8-bit numerical formats for deep neural networks" (FNUZ: the only NaN has the bits of the negative zero); Open Compute Project
 * 2023, "Microscaling formats" (F8_E8M0; F6 and F4 have finite values only).
 */
record SpecialBits(int bytes, long mask, long pattern, long fraction, boolean infinities) {

  /** Returns the rule of a type; null if all its values are finite. */
  static @Nullable SpecialBits of(ElementType type) {
    return switch (type) {
      case F64 -> ieee(8, 0x7ff0_0000_0000_0000L, 0x000f_ffff_ffff_ffffL);
      case F32, C64 -> ieee(4, 0x7f80_0000L, 0x007f_ffffL);
      case BF16 -> ieee(2, 0x7f80, 0x007f);
      case F16 -> ieee(2, 0x7c00, 0x03ff);
      case F8_E5M2 -> ieee(1, 0x7c, 0x03);
      case F8_E4M3 -> new SpecialBits(1, 0x7f, 0x7f, 0, false);
      case F8_E4M3FNUZ, F8_E5M2FNUZ -> new SpecialBits(1, 0xff, 0x80, 0, false);
      case F8_E8M0 -> new SpecialBits(1, 0xff, 0xff, 0, false);
      default -> null;
    };
  }

  private static SpecialBits ieee(int bytes, long exponent, long fraction) {
    return new SpecialBits(bytes, exponent, exponent, fraction, true);
  }

  /** Returns the index of the first value from {@code index} on that is not finite; the number of values if there is none. */
  int next(ByteBuffer values, int index) {
    int count = values.limit() / bytes;
    int at = index;
    switch (bytes) {
      case 8 -> {
        while (at < count && (values.getLong(at * 8) & mask) != pattern) {
          at++;
        }
      }
      case 4 -> {
        int intMask = (int) mask;
        while (at < count && (values.getInt(at * 4) & intMask) != (int) pattern) {
          at++;
        }
      }
      case 2 -> {
        while (at < count && (values.getShort(at * 2) & (int) mask) != (int) pattern) {
          at++;
        }
      }
      default -> {
        while (at < count && (values.get(at) & (int) mask) != (int) pattern) {
          at++;
        }
      }
    }
    return at;
  }

  /** Returns whether a value that is not finite is infinite rather than NaN. */
  boolean isInfinite(ByteBuffer values, int index) {
    long bits = switch (bytes) {
      case 8 -> values.getLong(index * 8);
      case 4 -> values.getInt(index * 4);
      case 2 -> values.getShort(index * 2);
      default -> values.get(index);
    };
    return infinities && (bits & fraction) == 0;
  }
}
