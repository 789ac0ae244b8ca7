package io.modelweave.core;

import java.util.List;

/**
 * A model whose named layers can be recorded. {@link ActivationRecorder} does the recording; a source runs one batch.
 *
 * @param <I> a batch of input
 */
public interface ActivationSource<I> {

  /** Returns the names of the layers that can be recorded, in the order in which the model computes them. */
  List<String> activationNames();

  /**
   * Runs the model on one batch, as in inference, and returns the values of the named layers, detached and owned by the caller.
   *
   * @param batch not modified
   * @param layers at least one name from {@link #activationNames()}
   * @throws IllegalArgumentException if a layer is not known, or the batch does not fit the model
   */
  LayerOutputs run(I batch, List<String> layers);

  /**
   * Runs the model on all batches and returns the activations of the named layers, pooled, detached and owned.
   *
   * <p>Memory: {@code n * d} for every layer asked for, plus one batch. {@link ActivationRecorder} can do with less.
   *
   * @param batches what to run the model on; sample ids are the batches' own
   * @param pooling how tokens become rows
   * @param layers names from {@link #activationNames()}, or patterns such as {@code "block.*.mlp"}
   * @throws IllegalArgumentException if a layer is not known, no layer is named, or there is no batch
   */
  default Activations activations(Iterable<? extends I> batches, Pooling pooling, List<String> layers) {
    return ActivationRecorder.of(this).layers(layers).pooling(pooling).record(batches);
  }
}
