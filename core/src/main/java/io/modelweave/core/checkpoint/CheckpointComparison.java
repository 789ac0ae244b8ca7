package io.modelweave.core.checkpoint;

import io.modelweave.core.Checkpoint;
import io.modelweave.core.ModelMismatchException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Says how two checkpoints differ in names, types, shapes and bits. */
public final class CheckpointComparison {

  private static final int BUFFER = 1 << 20;

  private CheckpointComparison() {}

  /**
   * Returns one sentence fragment for each tensor that only one checkpoint has or that differs in type or shape; an empty list if
   * none does. The order of the names does not matter. No tensor is read.
   */
  public static List<String> mismatches(Checkpoint a, Checkpoint b) {
    List<String> problems = new ArrayList<>();
    for (String name : a.names()) {
      if (!b.contains(name)) {
        problems.add("\"%s\": %s only in the first (%s)".formatted(name, a.info(name).describe(), a.source()));
      } else if (!a.info(name).equals(b.info(name))) {
        problems.add("\"%s\": %s against %s".formatted(name, a.info(name).describe(), b.info(name).describe()));
      }
    }
    for (String name : b.names()) {
      if (!a.contains(name)) {
        problems.add("\"%s\": %s only in the second (%s)".formatted(name, b.info(name).describe(), b.source()));
      }
    }
    return problems;
  }

  /**
   * Returns normally if both have the same names, types and shapes.
   *
   * @param what what cannot be done otherwise; begins the message
   * @throws ModelMismatchException with everything that {@link #mismatches} finds
   */
  public static void requireSameTensors(String what, Checkpoint a, Checkpoint b) {
    List<String> problems = mismatches(a, b);
    if (!problems.isEmpty()) {
      throw new ModelMismatchException(what, problems);
    }
  }

  /**
   * Returns whether a tensor has the same bits in both checkpoints. Reads until the first difference.
   *
   * @param name a tensor that both have, with the same type and shape
   */
  public static boolean sameBits(Checkpoint a, Checkpoint b, String name) {
    return sameBits(a, name, b, name);
  }

  /**
   * Returns whether two tensors have the same bits. Reads until the first difference.
   *
   * @param nameInA a tensor of {@code a}
   * @param nameInB a tensor of {@code b} with the same type and shape
   */
  public static boolean sameBits(Checkpoint a, String nameInA, Checkpoint b, String nameInB) {
    long length = a.info(nameInA).byteLength();
    ByteBuffer left = ByteBuffer.allocate((int) Math.min(BUFFER, length));
    ByteBuffer right = ByteBuffer.allocate(left.capacity());
    for (long offset = 0; offset < length; offset += BUFFER) {
      int count = (int) Math.min(BUFFER, length - offset);
      a.read(nameInA, offset, left.clear().limit(count));
      b.read(nameInB, offset, right.clear().limit(count));
      if (!left.flip().equals(right.flip())) {
        return false;
      }
    }
    return true;
  }
}
