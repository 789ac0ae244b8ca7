/**
 * Combining models of one architecture into one.
 *
 * <p>{@link io.modelweave.merge.Merger} interpolates weights: of arrays, checkpoints, DL4J networks and SameDiff graphs.
 * {@link io.modelweave.merge.ActivationMerger} runs several language models inside one and mixes what their blocks compute.
 */
@NullMarked
package io.modelweave.merge;

import org.jspecify.annotations.NullMarked;
