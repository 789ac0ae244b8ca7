package io.modelweave.core.checkpoint;

import java.util.List;

/**
 * What is known of a tensor before it is read.
 *
 * @param name its name in the checkpoint
 * @param type the type of its elements as stored
 * @param shape its dimensions, none negative; an empty list for a single number
 */
public record TensorInfo(String name, ElementType type, List<Long> shape) {

  /**
   * Checks the shape.
   *
   * @throws IllegalArgumentException if a dimension is negative, the number of bits overflows a {@code long}, or the elements do not
   *     fill whole bytes
   */
  public TensorInfo {
    shape = List.copyOf(shape);
    long bits = type.bits();
    try {
      for (long size : shape) {
        if (size < 0) {
          throw new IllegalArgumentException("tensor \"%s\" has a negative dimension in %s".formatted(name, shape));
        }
        bits = Math.multiplyExact(bits, size);
      }
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("tensor \"%s\" of shape %s has more elements than a long counts".formatted(name, shape), e);
    }
    if (bits % Byte.SIZE != 0) {
      throw new IllegalArgumentException("tensor \"%s\": %s elements of shape %s do not fill whole bytes".formatted(name, type, shape));
    }
  }

  /** Returns the number of elements, 1 for a single number. */
  public long length() {
    return times(1);
  }

  /** Returns the number of bytes that the elements take. */
  public long byteLength() {
    return times(type.bits()) / Byte.SIZE;
  }

  private long times(long product) {
    for (long size : shape) {
      product *= size;
    }
    return product;
  }

  /** Returns type and shape, such as {@code F32 [2, 3]}. */
  public String describe() {
    return type + " " + shape;
  }

  /** Returns the same type and shape under another name. */
  TensorInfo named(String other) {
    return new TensorInfo(other, type, shape);
  }

  long[] dimensions() {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }
}
