package io.modelweave.merge.method;

import java.util.List;

/**
 * The tensors that a method merges together: one, or a whole model.
 *
 * @param tensors in the order in which they are read; not empty
 */
public record MergeGroup(List<TensorContext> tensors) {

  /** Copies the list. */
  public MergeGroup {
    tensors = List.copyOf(tensors);
  }

  /** Returns the only tensor, or the first: what all have in common can be asked of it. */
  public TensorContext first() {
    return tensors.get(0);
  }

  /** Returns the number of elements of all tensors. */
  public long length() {
    return tensors.stream().mapToLong(TensorContext::length).sum();
  }

  /** Returns the number of chunks of all tensors. */
  public int chunks() {
    return tensors.stream().mapToInt(TensorContext::chunks).sum();
  }
}
