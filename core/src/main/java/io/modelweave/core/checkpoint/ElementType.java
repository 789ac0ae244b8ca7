package io.modelweave.core.checkpoint;

import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;

/** The element types of the safetensors format, each with its width and the ND4J type of the same bits, where there is one. */
public enum ElementType {
  /** One byte, 0 or 1. */
  BOOL(8, DataType.BOOL),
  /** Unsigned, 8 bits. */
  U8(8, DataType.UINT8),
  /** Signed, 8 bits. */
  I8(8, DataType.INT8),
  /** Unsigned, 16 bits. */
  U16(16, DataType.UINT16),
  /** Signed, 16 bits. */
  I16(16, DataType.INT16),
  /** Unsigned, 32 bits. */
  U32(32, DataType.UINT32),
  /** Signed, 32 bits. */
  I32(32, DataType.INT32),
  /** Unsigned, 64 bits. */
  U64(64, DataType.UINT64),
  /** Signed, 64 bits. */
  I64(64, DataType.INT64),
  /** Floating point, 4 bits. */
  F4(4, null),
  /** Floating point, 6 bits: 2 of exponent, 3 of fraction. */
  F6_E2M3(6, null),
  /** Floating point, 6 bits: 3 of exponent, 2 of fraction. */
  F6_E3M2(6, null),
  /** Floating point, 8 bits: 4 of exponent, 3 of fraction. */
  F8_E4M3(8, null),
  /** Floating point, 8 bits: 4 of exponent, 3 of fraction, no negative zero. */
  F8_E4M3FNUZ(8, null),
  /** Floating point, 8 bits: 5 of exponent, 2 of fraction. */
  F8_E5M2(8, null),
  /** Floating point, 8 bits: 5 of exponent, 2 of fraction, no negative zero. */
  F8_E5M2FNUZ(8, null),
  /** A power of two in 8 bits. */
  F8_E8M0(8, null),
  /** IEEE half precision. */
  F16(16, DataType.FLOAT16),
  /** The upper half of an F32. */
  BF16(16, DataType.BFLOAT16),
  /** IEEE single precision. */
  F32(32, DataType.FLOAT),
  /** IEEE double precision. */
  F64(64, DataType.DOUBLE),
  /** Complex number of two F32. */
  C64(64, null);

  private final int bits;
  private final @Nullable DataType dataType;

  ElementType(int bits, @Nullable DataType dataType) {
    this.bits = bits;
    this.dataType = dataType;
  }

  /** Returns the width of one element in bits: 4, 6, 8, 16, 32 or 64. */
  public int bits() {
    return bits;
  }

  /** Returns the ND4J type of the same bits; empty for 8-bit floats and smaller and for complex numbers. */
  public Optional<DataType> dataType() {
    return Optional.ofNullable(dataType);
  }

  /** Returns whether values of this type are real floating-point numbers, of any width. */
  public boolean isFloatingPoint() {
    return ordinal() >= F4.ordinal() && this != C64;
  }

  /** Returns the element type with the bits of an ND4J type; empty for strings and compressed types. */
  public static Optional<ElementType> of(DataType dataType) {
    return Arrays.stream(values()).filter(type -> type.dataType == dataType).findFirst();
  }

  static Optional<ElementType> named(String name) {
    return Arrays.stream(values()).filter(type -> type.name().equals(name)).findFirst();
  }
}
