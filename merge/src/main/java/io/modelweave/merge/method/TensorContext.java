package io.modelweave.merge.method;

import java.util.List;

/**
 * One output tensor, as a method sees it before any number is read.
 *
 * @param name of the output
 * @param shape its dimensions
 * @param models how many models it is made of, the base not counted
 * @param based whether there is a base
 * @param precise whether an input is F64, so that magnitudes must be told apart beyond the precision of a float
 * @param settings the parameters
 * @param seed what random numbers for this tensor start from
 * @param chunkLength how many elements a chunk has; the last may have fewer
 * @param firstChunk the number of chunks in the group before this tensor's first
 */
public record TensorContext(String name, List<Long> shape, int models, boolean based, boolean precise, Settings settings, long seed,
    int chunkLength, int firstChunk) {

  /** Returns the number of elements. */
  public long length() {
    long length = 1;
    for (long size : shape) {
      length *= size;
    }
    return length;
  }

  /** Returns the number of chunks. */
  public int chunks() {
    return Math.toIntExact((length() + chunkLength - 1) / chunkLength);
  }

  /** Returns the size of the last axis: the length of a row, the number of elements where there is one axis, 1 for a single number. */
  public long rowLength() {
    return shape.isEmpty() ? 1 : shape.get(shape.size() - 1);
  }
}
