package io.modelweave.core;

import java.util.List;

/**
 * A model whose named layers can be recorded.
 *
 * @param <I> a batch of input
 */
public interface ActivationSource<I> {

  /** Returns the names of the layers that can be recorded, in the order in which the model computes them. */
  List<String> activationNames();

  /**
   * Runs the model on all batches and returns the activations of the named layers, pooled, detached and owned.
   *
   * <p>Memory: {@code n * d} for every layer asked for, plus one batch.
   *
   * @param batches what to run the model on; sample ids are the batches' own
   * @param pooling how tokens become rows
   * @param layers names from {@link #activationNames()}
   * @throws IllegalArgumentException if a layer is not known, no layer is named, or there is no batch
   */
  Activations activations(Iterable<? extends I> batches, Pooling pooling, List<String> layers);
}
