package io.modelweave.core.checkpoint;

import io.modelweave.core.Checkpoint;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The values of a tensor that are not finite numbers.
 *
 * @param tensor the tensor
 * @param nans how many values are NaN; of a complex tensor, how many parts
 * @param infinities how many are infinite, of either sign
 * @param first where the first one is, counted in elements from 0 in row-major order
 */
public record NonFiniteValues(TensorInfo tensor, long nans, long infinities, long first) {

  private static final int BUFFER = 1 << 20;

  /**
   * Returns what is not finite in each tensor of a checkpoint that has such values, in the order of the names, tied names once; an
   * empty list if all is finite. Reads every floating-point tensor once, through a buffer of 1 MiB; types without NaN and infinity
   * (integers, F4, F6) are not read.
   */
  public static List<NonFiniteValues> find(Checkpoint checkpoint) {
    List<NonFiniteValues> found = new ArrayList<>();
    ByteBuffer buffer = buffer(BUFFER);
    for (String name : checkpoint.names()) {
      if (!checkpoint.tied().containsKey(name)) {
        find(checkpoint, name, buffer).ifPresent(found::add);
      }
    }
    return found;
  }

  /**
   * Returns what is not finite in one tensor; empty if all is finite.
   *
   * @throws MissingTensorException naming similar names, if there is no such tensor
   */
  public static Optional<NonFiniteValues> find(Checkpoint checkpoint, String name) {
    return find(checkpoint, name, buffer((int) Math.min(BUFFER, checkpoint.info(name).byteLength())));
  }

  private static Optional<NonFiniteValues> find(Checkpoint checkpoint, String name, ByteBuffer buffer) {
    TensorInfo info = checkpoint.info(name);
    @Nullable SpecialBits special = SpecialBits.of(info.type());
    long nans = 0;
    long infinities = 0;
    long first = -1;
    for (long offset = 0; special != null && offset < info.byteLength(); offset += BUFFER) {
      buffer.clear().limit((int) Math.min(BUFFER, info.byteLength() - offset));
      checkpoint.read(name, offset, buffer);
      buffer.flip();
      for (int at = special.next(buffer, 0); at < buffer.limit() / special.bytes(); at = special.next(buffer, at + 1)) {
        if (special.isInfinite(buffer, at)) {
          infinities++;
        } else {
          nans++;
        }
        first = first < 0 ? (offset + (long) at * special.bytes()) * Byte.SIZE / info.type().bits() : first;
      }
    }
    return first < 0 ? Optional.empty() : Optional.of(new NonFiniteValues(info, nans, infinities, first));
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocateDirect(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Returns where the first value is, one number for each dimension. */
  public List<Long> firstIndex() {
    List<Long> index = new ArrayList<>();
    long rest = first;
    for (int d = tensor.shape().size() - 1; d >= 0; d--) {
      index.add(0, rest % tensor.shape().get(d));
      rest /= tensor.shape().get(d);
    }
    return index;
  }

  /** Returns one sentence fragment, such as {@code "w" (F32 [2, 3]): 1 NaN, 0 infinite, the first at [0, 2]}. */
  public String describe() {
    return "\"%s\" (%s): %d NaN, %d infinite, the first at %s".formatted(tensor.name(), tensor.describe(), nans, infinities, firstIndex());
  }
}
