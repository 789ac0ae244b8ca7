/**
 * Combining models of one architecture into one.
 *
 * <p>{@link io.modelweave.merge.Merger#interpolate(io.modelweave.core.Checkpoint, io.modelweave.core.Checkpoint, double)} and its
 * overloads interpolate the weights of two models; {@link io.modelweave.merge.Merger#of(io.modelweave.core.Checkpoint...)} begins a {@link
 * io.modelweave.merge.Merge} of any number by a method of this package, such as {@link io.modelweave.merge.Ties} or {@link
 * io.modelweave.merge.Slerp}; {@link io.modelweave.merge.ActivationMerger} mixes what models compute.
 *
 * <p>Methods follow their papers; {@link io.modelweave.merge.Mergekit} has them as mergekit computes them. Recipes that map layers build a
 * {@link io.modelweave.merge.MergePlan} of their own.
 */
@NullMarked
package io.modelweave.merge;

import org.jspecify.annotations.NullMarked;
