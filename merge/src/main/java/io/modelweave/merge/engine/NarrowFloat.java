package io.modelweave.merge.engine;

/**
 * A 16-bit floating-point format: reads exactly, and writes by one rounding to nearest, ties to even.
 *
 * @param exponentBits 5 for IEEE half, 8 for bfloat16
 * @param fractionBits 10 for IEEE half, 7 for bfloat16
 */
public record NarrowFloat(int exponentBits, int fractionBits) {

  /** IEEE half precision. */
  public static final NarrowFloat HALF = new NarrowFloat(5, 10);
  /** The upper half of a float. */
  public static final NarrowFloat BFLOAT16 = new NarrowFloat(8, 7);

  private static final int DOUBLE_BIAS = 1023;
  private static final int DOUBLE_FRACTION = 52;

  /** Returns the number that 16 bits mean, exactly. */
  public double toDouble(short bits) {
    int magnitude = bits & 0x7fff;
    long sign = (long) (bits & 0x8000) << 48;
    long widened = (long) magnitude << dropped();
    if (magnitude >= infinity()) {
      return Double.longBitsToDouble(sign | widened | 0x7ffL << DOUBLE_FRACTION);
    }
    return Double.longBitsToDouble(sign | widened) * powerOfTwo(DOUBLE_BIAS - bias());
  }

  /** Returns the bits of the nearest number of this format, the even one of two. */
  public short fromDouble(double value) {
    long bits = Double.doubleToRawLongBits(value);
    int sign = (int) (bits >>> 48) & 0x8000;
    long magnitude = bits & Long.MAX_VALUE;
    long aboveSmallest = magnitude - smallestNormal();
    if (Long.compareUnsigned(aboveSmallest, firstInfinite() - smallestNormal()) < 0) { // nearly always, so that it costs one comparison
      long rounded = aboveSmallest + (1L << (dropped() - 1)) - 1 + (aboveSmallest >>> dropped() & 1);
      return (short) (sign | (int) (rounded >>> dropped()) + (1 << fractionBits));
    }
    return (short) (sign | outsideOfNormal(value, magnitude));
  }

  private int outsideOfNormal(double value, long magnitude) {
    if (magnitude < smallestNormal()) {
      return (int) Math.rint(Math.abs(value) * powerOfTwo(bias() - 1) * (1 << fractionBits));
    }
    int quietNaN = infinity() | 1 << (fractionBits - 1) | (int) (magnitude >>> dropped()) & ((1 << fractionBits) - 1);
    return value != value ? quietNaN : infinity();
  }

  /** Returns the bits of the smallest normal number as a double. */
  private long smallestNormal() {
    return (long) (DOUBLE_BIAS - bias() + 1) << DOUBLE_FRACTION;
  }

  /** Returns the bits of the first power of two that is too large, as a double. */
  private long firstInfinite() {
    return (long) (DOUBLE_BIAS + bias() + 1) << DOUBLE_FRACTION;
  }

  private int bias() {
    return (1 << (exponentBits - 1)) - 1;
  }

  private int infinity() {
    return ((1 << exponentBits) - 1) << fractionBits;
  }

  private int dropped() {
    return DOUBLE_FRACTION - fractionBits;
  }

  private static double powerOfTwo(int exponent) {
    return Double.longBitsToDouble((long) (exponent + DOUBLE_BIAS) << DOUBLE_FRACTION);
  }
}
